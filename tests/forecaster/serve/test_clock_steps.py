"""A clock that is set is noticed; one that is only slow is not."""

from __future__ import annotations

import logging

import pytest

from forecaster.serve.clock_steps import ClockSteps


class Machine:
    """Two clocks: the wall's, which may be set, and the steady one."""

    wall, steady = 1_800_000_000.0, 50.0

    def passes(self, seconds: float, *, set_by: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds + set_by


@pytest.mark.parametrize(("set_by", "counted"), [(3600, 1), (-3600, 1), (2.5, 1), (1.9, 0), (-0.1, 0)])
def test_a_step_is_counted_once_and_said(
    set_by: float, counted: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    machine = Machine()
    steps = ClockSteps(lambda: machine.wall, lambda: machine.steady)
    for change in (0.0, set_by, 0.0):
        machine.passes(300, set_by=change)
        steps.look()
    assert steps.count == counted
    assert [record.getMessage() for record in caplog.records] == ["this machine's clock was set"] * counted
