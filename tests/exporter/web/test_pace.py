"""The pace of clients that ask without end."""

from __future__ import annotations

from exporter.web.pace import Pace
from fake_time import FakeTime


def test_who_asks_seldom_does_not_wait() -> None:
    clock = FakeTime()
    pace = Pace(most=2, clock=clock)
    for _ in range(100):
        assert [pace.after("a"), pace.after("a"), pace.after("b")] == [0.0, 0.0, 0.0]
        clock.now += 1.0


def test_who_asks_without_end_waits_and_nobody_else() -> None:
    clock = FakeTime()
    pace = Pace(most=2, clock=clock)
    assert [pace.after("a") for _ in range(5)] == [0.0, 0.0, 1.0, 2.0, 3.0]
    assert pace.after("b") == 0.0
    assert [pace.is_hasty(client) for client in "abc"] == [True, False, False]
    assert max(pace.after("a") for _ in range(100)) == 10.0
    clock.now += 1.0
    assert pace.after("a") == 0.0
    assert pace.is_hasty("a"), "in the window before"
    clock.now += 1.0
    assert pace.after("a") == 0.0
    assert not pace.is_hasty("a")
