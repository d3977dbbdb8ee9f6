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
from forecaster.serve.rolling_up import RollingUp, rolled_up
from forecaster.view.rollups import KEPT, TABLE

if TYPE_CHECKING:
    import pytest

NOW = 1_800_003_600 - 1_800_003_600 % 3600
WEB = (("domain", "web"), ("instance", "h1"), ("provider", "libvirt"))


@dataclass
class Hours(Client):
    """Answers 0.1 for means and 0.4 for peaks; notes what it was asked."""

    asked: list[tuple[str, int, int, int]] = field(default_factory=list)
    error: PromqlError | None = None

    def __post_init__(self) -> None:
        super().__init__(Backend(retries=0))

    def query_range(
        self, expression: str, start: int, end: int, step: int, retries: int | None = None
    ) -> list[Track]:
        assert retries is None or retries >= 0
        self.asked.append((expression, start, end, step))
        if self.error is not None:
            raise self.error
        times = np.arange(start, end + 1, step, dtype=float)
        return [Track(WEB, times, np.full(len(times), 0.4 if expression.startswith("max") else 0.1))]


def test_a_row_a_cycle_is_read_whole_then_no_more_until_the_next_hour() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    for cycle in range(len(TABLE)):
        before = len(backend.asked)
        rolling.read(backend, NOW + 300 * cycle)
        queries = {query for query, *_ in backend.asked[before:]}
        assert queries == {
            rolled_up(statistic, TABLE[cycle].query, 3600, 300)
            for statistic in ("avg_over_time", "max_over_time")
        }
    found = rolling.rollups["vm_cpu"]
    assert found.mean.shape == (KEPT, 1)
    assert int(found.ends[-1]) == NOW
    assert (float(found.mean[0, 0]), float(found.peak[0, 0])) == (np.float32(0.1), np.float32(0.4))
    del backend.asked[:]
    rolling.read(backend, NOW + 3599)
    assert backend.asked == []
    rolling.read(backend, NOW + 3600)
    assert [(start, end) for _, start, end, _ in backend.asked] == [(NOW + 3600, NOW + 3600)] * 2
    assert rolling.rollups["vm_cpu"].mean.shape == (KEPT, 1)


def test_windows_are_days() -> None:
    rolling, backend = RollingUp(Config()), Hours()
    rolling.read(backend, NOW)
    assert max((end - start) // step for _, start, end, step in backend.asked) == 23


def test_a_row_that_fails_is_said_once_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    rolling, backend = RollingUp(Config()), Hours()
    backend.error = PromqlError(Result.BAD_QUERY, "no such function")
    with caplog.at_level(logging.WARNING):
        for cycle in range(2 * len(TABLE)):
            rolling.read(backend, NOW + 300 * cycle)
    rows = [record.__dict__["row"] for record in caplog.records if "row" in record.__dict__]
    assert sorted(rows) == sorted(kept.name for kept in TABLE)
    backend.error = None
    rolling.read(backend, NOW + 4 * 3600)
    assert len(rolling.rollups.tables) == 1


def test_only_the_first_shard_reads() -> None:
    backend = Hours()
    RollingUp(Config(shard=Shard(2, 3))).read(backend, NOW)
    assert backend.asked == []


def test_hours_scale_with_the_day() -> None:
    rolling = RollingUp(Config.of(Backend(), Config().resources, step=10, day=2400))
    assert rolling.rollups.every == 100
