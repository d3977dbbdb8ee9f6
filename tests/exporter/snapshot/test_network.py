"""Virtual networks."""

from __future__ import annotations

import pytest

from exporter.snapshot.network import Wiring, leases
from exporter.snapshot.text import LONGEST

XML = """<network><name>n</name><bridge name='virbr0' stp='on'/><mtu size='9000'/><forward dev='eth0'/>
<vlan trunk='yes'><tag id='42'/><tag id='43' nativeMode='tagged'/></vlan>
<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/>
 <range start='192.168.122.1' end='192.168.122.1'/></dhcp></ip>
<ip family='ipv6' address='fd00::1' prefix='64'><dhcp><range start='fd00::2' end='fd00::ff'/></dhcp></ip>
</network>"""


def test_how_guests_of_a_network_reach_others() -> None:
    wiring = Wiring.from_xml(XML)
    assert wiring == Wiring(
        bridge="virbr0",
        mode="nat",
        device="eth0",
        mtu=9000,
        vlans=("42", "43"),
        subnets=("192.168.122.0/24", "fd00::/64"),
        dhcp_addresses=254,
    )


def test_what_a_network_does_not_say_is_not_known() -> None:
    assert Wiring.from_xml("<network><name>n</name></network>") == Wiring()
    assert Wiring.from_xml("<network><forward mode='hostdev'/></network>") == Wiring(mode="hostdev")


@pytest.mark.parametrize(
    "ip",
    [
        "<ip/>",
        "<ip address='192.168.1.1'/>",
        "<ip address='nonsense' prefix='24'/>",
        "<ip address='192.168.1.1' prefix='99'/>",
        "<ip><dhcp><range start='a' end='b'/></dhcp></ip>",
        "<ip><dhcp><range/></dhcp></ip>",
    ],
)
def test_nonsense_in_an_address_is_left_out(ip: str) -> None:
    assert Wiring.from_xml(f"<network>{ip}</network>") == Wiring()


def test_a_range_that_ends_before_it_starts_has_no_addresses() -> None:
    ranges = "<ip><dhcp><range start='10.0.0.9' end='10.0.0.2'/></dhcp></ip>"
    assert Wiring.from_xml(f"<network>{ranges}</network>").dhcp_addresses == 0


def test_the_hostname_that_a_guest_asks_for_is_bounded() -> None:
    (lease,) = leases([{"mac": "m", "ipaddr": "a", "hostname": "h" * 100_000}])
    assert len(lease.hostname) == LONGEST
