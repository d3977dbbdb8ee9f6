"""The reading of hourly means and peaks: in turn, whole the first time, then only what is new."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.config.model import Backend, Config, Shard
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result
from forecaster.series.frame import Track
from forecaster.serve import rolling_up
from forecaster.serve.frames import window_steps
from forecaster.serve.rolling_up import RollingUp, hourly
from forecaster.view.rollups import KEPT, STEPS, STEPS_KEPT, TABLE

if TYPE_CHECKING:
    import pytest

NOW = 1_800_003_600 - 1_800_003_600 % 3600
STEP = 300
WEB = (("domain", "web"), ("instance", "h1"), ("provider", "libvirt"))


@dataclass
class Hours(Client):
    """Answers 0.1 for means and 0.4 for peaks; notes what it was asked, for steps apart."""

    asked: list[tuple[str, int, int, int]] = field(default_factory=list)
    steps: list[tuple[str, int, int]] = field(default_factory=list)
    error: PromqlError | None = None
    step_error: PromqlError | None = None

    def __post_init__(self) -> None:
        super().__init__(Backend(retries=0))

    def query_range(
        self, expression: str, start: int, end: int, step: int, retries: int | None = None
    ) -> list[Track]:
        assert retries is None or retries >= 0
        if step == STEP:
            self.steps.append((expression, start, end))
        else:
            self.asked.append((expression, start, end, step))
        error = self.step_error or self.error if step == STEP else self.error
        if error is not None:
            raise error
        times = np.arange(start, end + 1, step, dtype=float)
        return [Track(WEB, times, np.full(len(times), 0.4 if expression.startswith("max") else 0.1))]


def test_a_row_a_cycle_is_read_whole_then_no_more_until_the_next_hour() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    for cycle in range(len(TABLE)):
        before = len(backend.asked)
        rolling.read(backend, NOW + min(STEP * cycle, 3600 - STEP))
        queries = {query for query, *_ in backend.asked[before:]}
        kept = TABLE[(NOW // STEP + cycle) % len(TABLE)]
        assert queries == set(hourly(kept, 3600, 300))
        assert len(queries) == 1 + kept.peaks
    found = rolling.rollups["vm_cpu"]
    assert found.mean.shape == (KEPT, 1)
    assert int(found.ends[-1]) == NOW
    np.testing.assert_allclose([found.mean[0, 0], found.peak[0, 0]], [0.1, 0.4], rtol=1e-6)
    del backend.asked[:]
    rolling.read(backend, NOW + 3599)
    assert backend.asked == []
    rolling.read(backend, NOW + 3600)
    kept = TABLE[(NOW + 3600) // STEP % len(TABLE)]
    assert [(start, end) for _, start, end, _ in backend.asked] == [(NOW + 3600,) * 2] * (1 + kept.peaks)
    assert rolling.rollups["vm_cpu"].mean.shape == (KEPT, 1)


def test_all_rows_are_read_at_once_for_a_report() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    rolling.read_all((backend,), NOW)
    assert set(rolling.rollups.tables) == {kept.name for kept in TABLE}
    del backend.asked[:]
    rolling.read_all((backend,), NOW)
    assert backend.asked == []


def test_only_peaks_are_looked_at_each_step() -> None:
    """A subquery takes ten times as long; the mean of a sum is the sum of the means."""
    for kept in TABLE:
        queries = hourly(kept, 3600, 300)
        assert not [query for query in queries if "[3600s:" in query]
        assert all("[3600s]" in query and "$every" not in query for query in queries)
    (disk,) = (hourly(kept, 3600, 300) for kept in TABLE if kept.name == "vm_disk")
    read, written = (f"avg_over_time(vm:disk_{each}_bytes:rate[3600s])" for each in ("read", "write"))
    assert disk == (f"sum by (instance, domain) ({read}) + sum by (instance, domain) ({written})",)


def test_a_report_reads_as_far_back_as_it_is_on() -> None:
    for seconds, hours in ((86_400, KEPT), (40 * 86_400, 40 * 24)):
        rolling, backend = RollingUp(Config(), seconds), Hours()
        rolling.read_all((backend,), NOW)
        assert {len(each.ends) for each in rolling.rollups.tables.values()} == {hours}
        assert rolling.rollups["vm_cpu"].mean.shape == (hours, 1)
        assert set(rolling.steps.tables) == {kept.name for kept in STEPS}


def test_windows_are_days() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    rolling.read(backend, NOW)
    assert max((end - start) // step for _, start, end, step in backend.asked) == 23


def test_a_report_asks_for_weeks_once_it_knows_that_series_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One series fits into a week; of 5,000 a query is for 100 hours."""
    for series, longest in ((1, 167), (5_000, 99), (100_000, 23)):
        rolling, backend = RollingUp(Config()), Hours()
        monkeypatch.setattr(rolling_up, "window_steps", lambda _, of=series: window_steps(of))
        rolling.read_all((backend,), NOW)
        spans = [(end - start) // 3600 for _, start, end, step in backend.asked if step == 3600]
        assert spans[0] == 23, "of a row of which nothing is known"
        assert max(spans) == longest
        assert len(rolling.rollups["vm_cpu"].ends) == KEPT


def test_two_clients_share_the_rows_of_a_report() -> None:
    rolling, one, other = RollingUp(Config()), Hours(), Hours()
    rolling.read_all((one, other), NOW)
    assert {len(rolling.rollups[kept.name].ends) for kept in TABLE} == {KEPT}
    asked = [{query for query, *_ in each.asked} for each in (one, other)]
    assert not asked[0] & asked[1]
    assert asked[0] | asked[1] >= {query for kept in TABLE for query in hourly(kept, 3600, 300)}


def test_a_backend_that_is_down_is_not_asked_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rolling, one, other = RollingUp(Config()), Hours(), Hours()
    monkeypatch.setattr(rolling, "_steps", lambda *_: True)
    one.error = other.error = PromqlError(Result.UNREACHABLE, "down")
    rolling.read_all((one, other), NOW)
    assert 1 <= len(one.asked) + len(other.asked) <= 2
    assert rolling.rollups.tables.keys() <= {kept.name for kept in TABLE}


def test_a_row_that_fails_is_said_once_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    rolling, backend = RollingUp(Config()), Hours()
    backend.error = PromqlError(Result.BAD_QUERY, "no such function")
    with caplog.at_level(logging.WARNING):
        for cycle in range(2 * len(TABLE)):
            rolling.read(backend, NOW + 300 * cycle)
    rows = [record.__dict__["row"] for record in caplog.records if "row" in record.__dict__]
    assert sorted(rows) == sorted(kept.name for kept in (*TABLE, *STEPS))
    backend.error = None
    rolling.read(backend, NOW + 4 * 3600)
    assert len(rolling.rollups.tables) == 1


def test_steps_are_read_for_a_day_then_those_that_are_new() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    rolling.read(backend, NOW)
    assert {start for _, start, _ in backend.steps} == {NOW - (STEPS_KEPT - 1) * STEP}
    found = rolling.steps["steal"]
    assert found.mean.shape == (STEPS_KEPT, 1)
    assert found.peak is found.mean
    del backend.steps[:]
    rolling.read(backend, NOW + 2 * STEP)
    assert backend.steps == [(kept.query, NOW + STEP, NOW + 2 * STEP) for kept in STEPS]
    assert rolling.steps["steal"].peak is rolling.steps["steal"].mean
    assert rolling.steps["steal"].mean.shape == (STEPS_KEPT, 1)


def test_only_the_first_shard_reads() -> None:
    backend = Hours()
    RollingUp(Config(shard=Shard(2, 3))).read(backend, NOW)
    assert (backend.asked, backend.steps) == ([], [])


def test_hours_scale_with_the_day() -> None:
    rolling = RollingUp(Config.of(Backend(), Config().resources, step=10, day=2400))
    assert rolling.rollups.every == 100


def test_what_is_begun_goes_on_later_and_is_told_when_it_is_whole() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    turn = next(at for at in range(len(TABLE)) if TABLE[(NOW // STEP + at) % len(TABLE)].name == "vm_cpu")
    left = [True] * (len(STEPS) + 10)
    rolling.read(backend, NOW + STEP * turn, lambda: bool(left) and left.pop())
    assert not len(rolling.rollups["vm_cpu"].ends), "half a past is not told"
    days = sorted({start for _, start, _, _ in backend.asked})
    assert len(days) == 10
    del backend.asked[:]
    rolling.read(backend, NOW + STEP * turn)
    assert min(start for _, start, _, _ in backend.asked) == days[-1] + 24 * 3600
    found = rolling.rollups["vm_cpu"]
    assert found.mean.shape == (KEPT, 1)
    assert np.isfinite(found.mean).all()
    assert np.diff(found.ends).tolist() == [3600] * (KEPT - 1)


def test_a_row_of_steps_that_is_slow_or_forbidden_does_not_cost_the_hours() -> None:
    for result in (Result.TIMEOUT, Result.UNAUTHORIZED):
        rolling, backend = RollingUp(Config()), Hours(step_error=PromqlError(result, "no"))
        rolling.read(backend, NOW)
        assert {query for query, *_ in backend.steps} == {kept.query for kept in STEPS}
        assert backend.asked
        rolling.read_all((backend, Hours()), NOW)
        assert all(len(rolling.rollups[kept.name].ends) for kept in TABLE)


def test_a_row_of_hours_that_is_forbidden_does_not_cost_the_others() -> None:
    rolling = RollingUp(Config())
    denied, other = (
        Hours(error=PromqlError(result, "no")) for result in (Result.NOT_FOUND, Result.UNREACHABLE)
    )
    rolling.read_all((denied,), NOW)
    assert len({query for query, *_ in denied.asked}) == len(TABLE)
    rolling.read_all((other,), NOW)
    assert len(other.steps) == 1
    assert not other.asked


def test_steps_are_on_their_own_grid_in_cycles_of_a_shorter_one() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    for cycle in range(9):
        rolling.read(backend, NOW + 60 * (1 + cycle))
    name = STEPS[0].name
    assert [int(end) for end in rolling.steps[name].ends[-2:]] == [NOW, NOW + STEP]
