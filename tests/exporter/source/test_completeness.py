"""Statistics that are incomplete."""

from __future__ import annotations

import pytest

from exporter.source.completeness import is_complete, without_times


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


def test_times_of_a_process_that_may_be_another_are_left_out() -> None:
    times = ("cpu.time", "cpu.user", "cpu.system", "vcpu.0.time", "vcpu.0.delay", "vcpu.0.wait")
    others = {"vcpu.0.state": 0, "net.0.rx.bytes": 0, "block.0.rd.times": 7}
    assert without_times({**dict.fromkeys(times, 5), **others}) == others
