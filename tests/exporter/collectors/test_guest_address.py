"""Network addresses of guests: their values are those of test_guest."""

from __future__ import annotations

from exporter.collectors.guest_address import COLLECTOR

VIRSH = """
[answering] guestinfo {domain}
=mac_address     if.1.hwaddr          libvirt_domain_guest_address_info{family=ipv4}
=address         if.1.addr.0.addr     libvirt_domain_guest_address_info{family=ipv4}
=prefix          if.1.addr.0.prefix   libvirt_domain_guest_address_info{family=ipv4}
"""


def test_what_can_identify_people_is_off_by_default_and_has_its_own_switch() -> None:
    assert (COLLECTOR.name, COLLECTOR.enabled) == ("guest-address", False)
