"""The time of a cycle, by stage."""

from __future__ import annotations

import pytest

from forecaster.serve.stages import Stages


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_within_another_counts_for_itself_alone() -> None:
    clock = Clock()
    stages = Stages(clock)
    clock.now += 1000  # of no stage
    with stages.within("read"):
        clock.now += 1
        with stages.within("engine"):
            clock.now += 2
        clock.now += 4
    clock.now += 1000
    with stages.within("read"):
        clock.now += 8
    assert {key: value for key, value in stages.seconds.items() if value} == {"read": 13, "engine": 2}


def test_a_stage_that_fails_took_its_time() -> None:
    clock = Clock()
    stages = Stages(clock)

    def fail() -> None:
        with stages.within("bounds"):
            clock.now += 3
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    clock.now += 1000
    assert stages.seconds["bounds"] == 3
