"""Network interfaces of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exporter.collectors import interface
from exporter.snapshot.description import Description

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

DEVICES = """
<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><target dev='vnet0'/>
 <model type='virtio'/><link state='down'/><mtu size='1450'/><vlan><tag id='42'/></vlan>
 <virtualport type='openvswitch'><parameters interfaceid='id-1'/></virtualport></interface>
<interface type='user'><mac address='52:54:00:00:00:02'/></interface>"""
STATISTICS = {
    "net.0.rx.bytes": 30030,
    "net.0.rx.pkts": 31031,
    "net.0.rx.errs": 32032,
    "net.0.rx.drop": 33033,
    "net.0.tx.bytes": 34034,
    "net.0.tx.pkts": 35035,
    "net.0.tx.errs": 36036,
    "net.0.tx.drop": 37037,
    "net.count": 2,
    "net.0.name": "vnet0",
}
VIRSH = """
[suspended] domifstat {domain} {nic}
1        {nic} rx_bytes               libvirt_domain_interface_stats_receive_bytes_total
1        {nic} rx_packets             libvirt_domain_interface_stats_receive_packets_total
1        {nic} rx_errs                libvirt_domain_interface_stats_receive_errors_total
1        {nic} rx_drop                libvirt_domain_interface_stats_receive_drops_total
1        {nic} tx_bytes               libvirt_domain_interface_stats_transmit_bytes_total
1        {nic} tx_packets             libvirt_domain_interface_stats_transmit_packets_total
1        {nic} tx_errs                libvirt_domain_interface_stats_transmit_errors_total
1        {nic} tx_drop                libvirt_domain_interface_stats_transmit_drops_total

[suspended] domiflist {domain}
=interface_type  type                 libvirt_domain_interface_stats_info
=source_bridge   source               libvirt_domain_interface_stats_info
=model_type      model                libvirt_domain_interface_stats_info
=mac_address     mac                  libvirt_domain_interface_stats_info

[suspended] domif-getlink {domain} {nic}
yes      {nic}                        libvirt_domain_interface_link_up

nobody: virsh only prints the domain's XML
    libvirt_domain_interface_mtu_bytes
    libvirt_domain_interface_vlan_info
"""


@pytest.mark.parametrize(("link", "up"), [("", 1), ("<link state='up'/>", 1), ("<link state='down'/>", 0)])
def test_a_link_is_up_unless_it_is_said_to_be_down(snapshot: Snapshot, link: str, up: int) -> None:
    nic = f"<devices><interface type='bridge'><target dev='vnet1'/>{link}</interface></devices>"
    described = Description.from_xml(f"<domain>{nic}</domain>")
    domain = replace(snapshot.domains[0], description=described)
    samples = interface.collect(replace(snapshot, domains=(domain,)))
    assert [one.value for one in samples if one.metric is interface.LINK] == [up]
