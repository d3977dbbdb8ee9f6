"""Virtual networks, with their leases."""

from __future__ import annotations

from exporter.snapshot.network import NETWORKS, Network, Wiring, leases

LEASES = (
    {"iface": "virbr0", "expirytime": 1_790_000_100, "type": 0, "mac": "52:54:00:00:00:0a",
     "ipaddr": "192.168.122.10", "prefix": 24, "hostname": "web", "clientid": None, "iaid": None},
    {"iface": "virbr0", "expirytime": 0, "type": 1, "mac": "52:54:00:00:00:0b",
     "ipaddr": "fd00::b", "prefix": 64, "hostname": None, "clientid": None, "iaid": "1"},
    {"iface": "virbr0", "expirytime": 1_790_000_200, "type": 0, "mac": "52:54:00:00:00:0a",
     "ipaddr": "192.168.122.10", "prefix": 24, "hostname": "web", "clientid": None, "iaid": None},
)  # fmt: skip  # fmt: skip
WIRING = Wiring("virbr0", "nat", "eth7", 1450.0, ("42", "43"), ("192.168.122.0/24", "fd00::/64"), 253)
READINGS = {
    NETWORKS: (
        Network("default", "uuid-default", active=True, autostart=True, persistent=True,
                wiring=WIRING, leases=leases(LEASES)),
        Network("off", "uuid-off", active=False, autostart=False, persistent=True),
    ),
}  # fmt: skip
VIRSH = """
[networked] net-info {network}
=uuid    UUID                         libvirt_network_info{network={network}}
=bridge  Bridge                       libvirt_network_info{network={network}}
yes      Active                       libvirt_network_active{network={network}}
yes      Autostart                    libvirt_network_autostart{network={network}}
yes      Persistent                   libvirt_network_persistent{network={network}}

nobody: it follows from figures above; test_exporter_values.py calculates it
    libvirt_network_dhcp_leases

nobody: virsh only prints the network's XML
    libvirt_network_forward_info
    libvirt_network_mtu_bytes
    libvirt_network_vlan_info
    libvirt_network_subnet_info
    libvirt_network_dhcp_addresses
"""
