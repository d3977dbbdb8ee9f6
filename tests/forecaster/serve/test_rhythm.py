"""When cycles are due, and whose instants settle in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from forecaster.serve.rhythm import Rhythm

USUAL = Resource("usual", "usual", horizons=(horizon("1h"),))
FAST = replace(USUAL, name="fast", step=10)
SLOW = replace(USUAL, name="slow", step=900)
CONFIG = Config.of(Backend(), (USUAL, FAST, SLOW))


@pytest.mark.parametrize(
    ("resource", "step", "settle", "stale_after", "fresh_for"),
    [(USUAL, 300, 15, 900, 1200), (FAST, 10, 2, 30, 40), (SLOW, 900, 15, 2700, 3600)],
    ids=["usual", "fast", "slow"],
)
def test_what_follows_from_a_step_of_its_own(
    resource: Resource, step: int, settle: int, stale_after: int, fresh_for: int
) -> None:
    own = CONFIG.for_resource(resource)
    assert (own.step, own.settle, own.stale_after) == (step, settle, stale_after)
    assert (resource.fresh_for or own.fresh_for) == fresh_for
    assert (own.day, own.lookback, own.gone_after) == (CONFIG.day, CONFIG.lookback, CONFIG.gone_after)
    assert own.for_resource(resource) == own


def test_cycles_come_on_the_grid_of_the_shortest_step() -> None:
    rhythm = Rhythm(CONFIG)
    assert rhythm.due(1000.0 + 1.9) == 990
    assert rhythm.due(1000.0 + 2.1) == 1000
    assert rhythm.wait(1000, 1002.5) == pytest.approx(9.5)
    assert rhythm.wait(1000, 1013.0) == pytest.approx(-1)


def test_an_instant_takes_part_once_it_has_settled() -> None:
    rhythm = Rhythm(CONFIG)
    usual, fast, slow = (CONFIG.for_resource(each) for each in (USUAL, FAST, SLOW))
    assert [rhythm.instant(now, usual) for now in (1790, 1800, 1810, 1820)] == [1500, 1500, 1500, 1800]
    assert [rhythm.instant(now, fast) for now in (1790, 1800)] == [1790, 1800]
    assert [rhythm.instant(now, slow) for now in (1800, 1820, 2690, 2720)] == [900, 1800, 1800, 2700]


def test_with_one_step_every_resource_takes_part_in_every_cycle() -> None:
    config = Config.of(Backend(), (USUAL, replace(USUAL, name="other")))
    rhythm = Rhythm(config)
    assert {rhythm.instant(1800, config.for_resource(each)) for each in config.resources} == {1800}
    assert rhythm.due(1815.0) == 1800


@pytest.mark.parametrize(("step", "why"), [(7200, "shorter than a step"), (50_000, "shorter than a step")])
def test_a_step_that_fits_nothing_is_refused(step: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Config.of(Backend(), (replace(USUAL, step=step),))
    with pytest.raises(ValueError, match="at least two steps"):
        Config.of(Backend(), (replace(USUAL, step=step, horizons=(horizon("30d"),)),), day=7200)
