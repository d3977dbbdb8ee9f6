"""Virtual networks."""

from __future__ import annotations

from exporter.snapshot.network import bridge, leases
from exporter.snapshot.text import LONGEST


def test_the_bridge_of_a_network() -> None:
    assert bridge("<network><name>n</name><bridge name='virbr0' stp='on'/></network>") == "virbr0"
    assert bridge("<network><name>n</name><forward mode='hostdev'/></network>") == ""


def test_the_hostname_that_a_guest_asks_for_is_bounded() -> None:
    (lease,) = leases([{"mac": "m", "ipaddr": "a", "hostname": "h" * 100_000}])
    assert len(lease.hostname) == LONGEST
