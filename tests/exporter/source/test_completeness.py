"""Statistics that are incomplete."""

from __future__ import annotations

import pytest

from exporter.snapshot.description import Description, Disk
from exporter.source.completeness import is_complete, uncounted, without_times


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 1, "block.0.rd.reqs": 0}, True),
        ({"balloon.current": 1, "block.count": 1, "block.0.name": "vda"}, False),  # as with a busy monitor
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 1, "block.0.name": "vda"}, False),
        ({"balloon.current": 1}, False),
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 0}, True),  # no disk
        ({"block.count": 2, "block.0.name": "sda", "block.1.rd.reqs": 3}, True),  # memory not asked for
        ({"state.state": 1}, True),  # neither asked for
    ],
)
def test_completeness(raw: dict[str, int | str], whole: bool) -> None:
    assert is_complete(raw) is whole


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 1, "block.0.name": "vda"}, True),
        ({"balloon.current": 1, "block.count": 1, "block.0.name": "vda"}, False),  # as with a busy monitor
        (
            {"balloon.current": 1, "balloon.rss": 2, "block.count": 2}
            | {"block.0.name": "vda", "block.1.name": "vdb"},
            False,
        ),
        ({"block.count": 2, "block.0.name": "vda", "block.1.name": "vdb", "block.1.rd.reqs": 3}, True),
    ],
)
def test_completeness_with_a_disk_that_another_process_serves(raw: dict[str, int | str], whole: bool) -> None:
    """Libvirt 9.0 has nothing of it but its name."""
    disks = (Disk("vda", source_type="vhostuser"), Disk("vdb", source_type="file"))
    assert is_complete(raw, without_counters=uncounted(Description(disks=disks))) is whole


def test_of_a_domain_that_is_not_described_every_disk_has_counters() -> None:
    assert uncounted(None) == frozenset()


def test_times_of_a_process_that_may_be_another_are_left_out() -> None:
    times = ("cpu.time", "cpu.user", "cpu.system", "vcpu.0.time", "vcpu.0.delay", "vcpu.0.wait")
    others = {"vcpu.0.state": 0, "net.0.rx.bytes": 0, "block.0.rd.times": 7}
    assert without_times({**dict.fromkeys(times, 5), **others}) == others
