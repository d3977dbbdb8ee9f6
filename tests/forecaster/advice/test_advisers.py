"""Every adviser's table, and what stands first in it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import fleets
from example_view import only, rows_of
from forecaster.advice import alerts, anomaly, exhaustion, lately
from forecaster.advice.finding import ROWS, Adviser
from forecaster.advice.registry import ADVISERS
from forecaster.advice.together import Group, Onset, in_order
from forecaster.config.bounds import Bounds
from forecaster.engine.reasons import Reasons
from forecaster.series.state import State
from forecaster.view.episodes import after
from forecaster.view.rollups import Rollup

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import Fresh, View

NOW = 1_800_000_000


def reasons(count: int) -> Reasons:
    """Nothing to say of `count` series."""
    none = np.zeros(count)
    return Reasons(none, none, none, none, none, np.zeros((4, count)))


def many(view: View, count: int, **outlook: object) -> Fresh:
    """A view of `count` series with these figures."""
    rows = rows_of(view)
    figures = {
        "anomaly_score": np.zeros(count),
        "expected": np.zeros(count),
        "exhaustion_seconds": np.full(count, np.inf),
        "probability": np.full((2, count), 0.5),
        "reasons": reasons(count),
    } | outlook
    given = only(
        view,
        labels=tuple((("domain", f"vm-{number:02}"),) for number in range(count)),
        values=np.ones(count),
        bounds=(Bounds(math.inf, 0.5, 1.0, 0.0),) * count,
        outlook=replace(rows.outlook, **figures),  # type: ignore[arg-type]
    )
    return given.fresh(NOW, 900)


@pytest.mark.parametrize("adviser", ADVISERS, ids=lambda adviser: adviser.name)
def test_every_row_has_a_cell_for_every_column(adviser: Adviser, view: Callable[..., View]) -> None:
    made = view()
    rows = rows_of(made)
    both = replace(rows.outlook.reasons, onset=np.array([NOW - 600.0, NOW - 900.0]))
    labels = (rows.labels[0], (("domain", "db"), ("instance", "h1"), ("mountpoint", "/")))
    given = only(made, labels=labels, outlook=replace(rows.outlook, reasons=both))
    episodes = tuple(after({}, rows_of(given), 86_400).values())
    past = fleets.fleet(1)
    ends = past.rollups["vm_cpu"].ends
    level = np.linspace(0.5, 0.8, len(ends), dtype=np.float32)[:, None]
    filling = fleets.paired(past.rollups).having("pool", Rollup((("h1", "images"),), ends, level, level))
    given = replace(given, inventory=past.inventory, rollups=filling, steps=past.steps, prices=fleets.PRICES)
    fresh = replace(given, resources=(replace(given.resources[0], episodes=episodes),)).fresh(NOW, 900)
    found = adviser.rows(fresh)
    assert found
    assert {len(cells) for cells in found} == {len(adviser.columns)}


def test_names_of_advisers_are_unique() -> None:
    assert len({adviser.name for adviser in ADVISERS}) == len(ADVISERS)


@pytest.mark.parametrize("adviser", ADVISERS, ids=lambda adviser: adviser.name)
def test_series_that_are_not_ready_are_no_advice(adviser: Adviser, view: Callable[..., View]) -> None:
    made = replace(view((State.LEARNING, State.STALE)), alerts=None)  # these come from Alertmanager
    assert adviser.rows(made.fresh(NOW, 900)) == []


def test_alerts_that_fire_come_first_and_those_of_yesterday_are_gone(view: Callable[..., View]) -> None:
    assert [row[:4] for row in alerts.ADVISER.rows(view().fresh(NOW, 900))] == [
        ("VmCrashed", "critical", "domain=web, instance=h1", "firing"),
        ("VmFilesystemFull", "warning", "domain=db, instance=h2, mountpoint=/", "resolved"),
    ]
    assert [row[0] for row in alerts.ADVISER.rows(view().fresh(NOW + 86_400, 900))] == ["VmCrashed"]


def test_the_anomalies_of_the_day_are_told_when_they_have_ended(view: Callable[..., View]) -> None:
    made = only(view())
    (episode,) = after({}, rows_of(made), 86_400).values()
    ended = replace(
        made.resources[0], episodes=(episode, episode._replace(onset=NOW - 900.0, last=NOW - 300))
    )
    latest, earlier = lately.ADVISER.rows(replace(made, resources=(ended,)).fresh(NOW + 60, 900))
    assert latest[:5] == ("vm_cpu", "domain=web, instance=h1", "1.50", "11m ago", "1m ago")
    assert latest[5].startswith("usually 12 % at this time, now 35 %")
    assert earlier[3:5] == ("16m ago", "6m ago")


def test_a_finding_says_which_series_it_is_about(view: Callable[..., View]) -> None:
    (first,) = exhaustion.ADVISER.first(view().fresh(NOW, 900))
    assert (first.resource, dict(first.labels)["domain"]) == ("vm_cpu", "web")


def test_the_soonest_comes_first(view: Callable[..., View]) -> None:
    seconds = np.random.default_rng(1).permutation(25) * 60.0
    found = exhaustion.ADVISER.rows(many(view(), 25, exhaustion_seconds=seconds))
    assert [cells[3] for cells in found] == ["now", *(f"in {minutes}m" for minutes in range(1, ROWS))]


def test_what_is_likely_at_no_known_time_comes_last(view: Callable[..., View]) -> None:
    seconds, probability = np.full(5, np.inf), np.full((2, 5), 0.49)
    seconds[3], probability[1, 1] = 3600.0, 0.5
    fresh = many(view(), 5, exhaustion_seconds=seconds, probability=probability)
    longest = fresh.rows[0].resource.horizons[-1].label
    found = [(cells[1], cells[3]) for cells in exhaustion.ADVISER.rows(fresh)]
    assert found == [("domain=vm-03", "in 1h"), ("domain=vm-01", f"within {longest}")]


def test_a_time_beyond_all_horizons_is_where_the_trend_leads(view: Callable[..., View]) -> None:
    """The probability beside it is that of another time, 24 h."""
    fresh = many(view(), 2, exhaustion_seconds=np.array([86_400.0, 86_401.0]))
    said = [cells[3:5] for cells in exhaustion.ADVISER.rows(fresh)]
    assert said == [("in 1d", "50 % in 24h"), ("in 1d by its trend", "50 % in 24h")]


def test_the_most_unusual_comes_first(view: Callable[..., View]) -> None:
    score = np.random.default_rng(2).permutation(25) * 0.1
    found = [float(cells[2]) for cells in anomaly.ADVISER.rows(many(view(), 25, anomaly_score=score))]
    assert found == pytest.approx([2.4 - 0.1 * place for place in range(ROWS)])


def test_only_anomalous_ones_are_unusual(view: Callable[..., View]) -> None:
    score = np.array([0.89, 0.9, np.nan])
    (cells,) = anomaly.ADVISER.rows(many(view(), 3, anomaly_score=score))
    assert cells[1] == "domain=vm-01"


def test_of_equally_unusual_ones_the_latest_to_begin_comes_first(view: Callable[..., View]) -> None:
    began = replace(reasons(12), onset=NOW - 60.0 * np.arange(1.0, 13.0))
    found = anomaly.ADVISER.rows(many(view(), 12, anomaly_score=np.ones(12), reasons=began))
    assert [cells[1] for cells in found] == [f"domain=vm-{number:02}" for number in range(ROWS)]
    assert [cells[3] for cells in found] == [f"{number + 1}m ago" for number in range(ROWS)]


def test_many_of_a_kind_are_counted() -> None:
    onsets = [Onset(100.0, "vm_disk_latency", (("domain", f"vm-{n}"), ("instance", "h1"))) for n in range(8)]
    onsets += [Onset(400.0, "host_cpu", (("instance", "h1"), ("provider", "node")))]
    onsets += [
        Onset(400.0, "vm_filesystem", (("domain", "vm-0"), ("instance", "h1"), ("mountpoint", "/var")))
    ]
    said = in_order(Group((("instance", "h1"),), tuple(onsets)))
    assert said == (
        "vm_disk_latency of vm-0, vm-1, vm-2, vm-3, vm-4 and 3 more; "
        "5m later host_cpu, vm_filesystem of vm-0 /var"
    )
