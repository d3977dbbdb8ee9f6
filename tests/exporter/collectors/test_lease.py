"""DHCP leases, of the networks of test_network.py."""

from __future__ import annotations

VIRSH = """
[networked] net-dhcp-leases {network}
=mac_address  MAC                     libvirt_network_dhcp_lease_info{network={network}}
=ip_address   IP                      libvirt_network_dhcp_lease_info{network={network}}
=hostname     Hostname                libvirt_network_dhcp_lease_info{network={network}}
local    Expiry                  libvirt_network_dhcp_lease_expiry_timestamp_seconds{network={network}}
"""
