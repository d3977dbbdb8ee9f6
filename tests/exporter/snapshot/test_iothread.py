"""I/O threads."""

from __future__ import annotations

from exporter.snapshot.iothread import Iothread


def test_iothreads_keep_their_numbers_and_nanoseconds_become_seconds() -> None:
    raw = {"iothread.count": 2, "iothread.7.poll-max-ns": 500_000_000, "iothread.11.poll-grow": 3}
    assert Iothread.read(raw) == (Iothread(7, poll_max=0.5), Iothread(11, poll_grow=3))
