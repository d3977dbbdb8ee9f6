"""Memory: units, and a balloon driver that never reported."""

from __future__ import annotations

from exporter.snapshot.memory import Memory


def test_kibibytes_become_bytes() -> None:
    memory = Memory.read({"balloon.current": 131_072, "balloon.major_fault": 7})
    assert (memory.current, memory.major_faults, memory.unused) == (134_217_728, 7, None)


def test_a_balloon_that_never_spoke_has_no_time() -> None:
    assert Memory.read({"balloon.last-update": 0}).last_update is None
    assert Memory.read({"balloon.last-update": 1_700_000_000}).last_update == 1_700_000_000
