"""Virtual networks."""

from __future__ import annotations

from exporter.snapshot.network import bridge


def test_the_bridge_of_a_network() -> None:
    assert bridge("<network><name>n</name><bridge name='virbr0' stp='on'/></network>") == "virbr0"
    assert bridge("<network><name>n</name><forward mode='hostdev'/></network>") == ""
