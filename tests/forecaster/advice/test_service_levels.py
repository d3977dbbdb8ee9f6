"""Service levels: shares of the time that is known, against what is promised of each VM."""

from __future__ import annotations

import numpy as np
import pytest

from alert_rules.alerts.service_level import AVAILABILITY, CRITICAL, LATENCY
from forecaster.advice import service_levels
from forecaster.advice.service_levels import ADVISER, LEAST, OBJECTIVES, Level, attained
from forecaster.view.inventory import Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups

HOURS = 28 * 24


def levels(criticality: str = "", **hours: np.ndarray) -> dict[str, Level]:
    """Those of one VM, by objective."""
    table = np.stack(list(hours.values()), axis=1).astype(np.float32)
    names = tuple(("h1", "web", name) for name in hours)
    past = Rollups(3600, {"vm_objective": Rollup(names, 3600 * np.arange(1, len(table) + 1), table, table)})
    known = Inventory(1, (Vm("h1", "web", criticality=criticality), Vm("h1", "new")))
    return {each.objective: each for each in attained(past, known)}


def down(*shares: float) -> np.ndarray:
    """Four weeks, of whose first hours these shares were missed."""
    hours = np.ones(HOURS)
    hours[: len(shares)] -= shares
    return hours


def test_what_is_attained_is_the_share_of_the_hours_that_are_known() -> None:
    hours = down(1.0, 0.68)
    hours[-336:] = np.nan  # somebody had it off
    (of,) = levels(availability=hours).values()
    assert of.attained == pytest.approx(1 - 1.68 / 336)
    assert (of.target, of.hours, of.kept) == (0.999, 336, False)
    assert of.spent == pytest.approx(5, rel=1e-4)
    assert of.text() == "missed: 5 times the budget of 14 days (1.7 h of 0.34 h)"


def test_long_times_are_written_out() -> None:
    (of,) = levels(availability=down(*[1.0] * 400)).values()
    assert of.text() == "missed: 595 times the budget of 28 days (400 h of 0.67 h)"


def test_a_vm_with_a_high_criticality_is_promised_more() -> None:
    hours = down(0.5)
    assert levels(availability=hours)["availability"].kept
    critical = levels("critical", availability=hours)["availability"]
    assert (critical.kept, critical.target) == (False, 0.9995)


def test_each_objective_has_its_own_budget_and_the_most_spent_is_first() -> None:
    found = levels(availability=down(0.6), latency=down(*[1.0] * 4))
    assert list(found) == ["availability", "latency"]
    assert found["availability"].spent == pytest.approx(0.6 / 0.672, rel=1e-3)
    assert found["latency"].spent == pytest.approx(4 / 6.72, rel=1e-3)
    assert found["latency"].text() == "kept: 60 % of the budget of 28 days is spent (4 h of 6.7 h)"
    assert not any(map(ADVISER.advice.shown, found.values()))


def test_exactly_the_budget_keeps_it_and_what_is_not_known_has_no_level() -> None:
    assert levels(availability=np.full(HOURS, 0.999))["availability"].kept
    assert levels(availability=np.r_[np.ones(LEAST - 1), np.full(40, np.nan)]) == {}
    assert attained(Rollups(), Inventory(1, (Vm("h1", "web"),))) == ()


def test_objectives_are_those_of_the_alerts() -> None:
    for name, section in (("availability", AVAILABILITY), ("latency", LATENCY)):
        default = {value.name: value.default for value in section.values}
        assert OBJECTIVES[name] == (default["objective"], default["critical_objective"])
    assert "|".join(service_levels.CRITICAL) == CRITICAL.default
