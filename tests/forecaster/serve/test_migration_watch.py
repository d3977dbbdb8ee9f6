"""Live migrations that run: the time that is left; those that ended: the errors of their forecasts."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result
from forecaster.publish.migrations import migration_samples
from forecaster.series.frame import Track
from forecaster.serve import migration_watch
from forecaster.serve.migration_watch import EVERY, PATIENCE, MigrationWatch
from forecaster.view.inventory import Inventory, Migration, Vm
from forecaster.view.migrations import MigrationsView

NOW = 1_800_000_000
MB = 1e6
LABELS = (("domain", "web"), ("instance", "h1"))
VM_LABELS = (*LABELS, ("job", "libvirt"))
VM = Vm("h1", "web", state="running", maximum_memory_bytes=2e9, dirty_bytes_per_second=0.0)
LEFT = Migration("h1", "old", "outgoing", 1000.0, 31.0, 0.2, 3e9, 4e9, 1e9, 100 * MB, 0.0)


class Answers(Client):
    """A back end that answers these queries, each with one series of the VM, and counts them."""

    def __init__(self) -> None:
        super().__init__(Backend(retries=0))
        self.values: dict[str, float] = {}
        self.asked = 0
        self.error: PromqlError | None = None

    def instant(self, expression: str, at: int) -> list[Track]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        if expression not in self.values:
            return []
        return [Track(VM_LABELS, np.array([at], float), np.array([self.values[expression]]))]


class Watched:
    """A watch whose clock and migration a test sets."""

    def __init__(self, *vms: Vm) -> None:
        self.now, self.backend = NOW, Answers()
        inventory = Inventory(1, vms or (VM,), migrations=(LEFT,))
        self.watch = MigrationWatch(
            lambda: Backend(retries=0), lambda: inventory, threading.Event(), lambda: self.now, self.backend
        )

    def turn(self, **values: float) -> MigrationsView:
        """The next turn, at which the metrics of these names have these values."""
        self.now += int(EVERY)
        self.backend.values = {
            getattr(migration_watch, name.upper()): value for name, value in values.items()
        }
        self.watch.turn()
        return self.watch.view


def test_a_turn_without_a_migration_costs_one_query() -> None:
    watched = Watched()
    assert watched.turn() == MigrationsView()
    assert watched.backend.asked == 1


def test_what_is_left_goes_by_what_was_sent_and_the_rate_of_now() -> None:
    watched = Watched()
    found = watched.turn(running=5.0, sent=0.5e9, rate=50 * MB, dirty=0.0)
    assert found.left == {LABELS: pytest.approx(30.0, abs=0.5)}
    found = watched.turn(running=10.0, sent=1e9, rate=50 * MB, dirty=60 * MB)
    (sample, *_) = migration_samples(found)
    assert sample.metric.name == "virtcast_migration_forecasts_judged_total"  # it does not converge any more
    assert watched.turn().left == {}


def test_the_error_is_that_of_the_forecast_before_it_began() -> None:
    watched = Watched()
    watched.turn(running=5.0, sent=0.5e9, rate=50 * MB, dirty=0.0)
    assert watched.turn().judged == 0  # its record is not there yet
    found = watched.turn(ended=watched.now + 1.0, took=41.0, stood=0.5)
    assert (found.judged, found.took) == (1, 41.0)
    assert found.error == pytest.approx(41.0 - 21.0, abs=0.2)
    assert found.downtime_error == pytest.approx(0.5 - 0.2, abs=0.05)
    assert watched.turn().judged == 1
    names = {each.metric.name: each.value for each in migration_samples(found)}
    assert names["virtcast_migration_judged_seconds_total"] == 41.0
    assert names["virtcast_migration_forecast_error_seconds_total"] == found.error
    of_replica = list(migration_samples(found, "b"))
    assert {each.metric.name for each in of_replica} == set(names)
    assert {each.labels[each.metric.labels.index("replica")] for each in of_replica} == {"b"}


def test_an_older_record_is_that_of_another_migration() -> None:
    watched = Watched()
    watched.turn(running=5.0, sent=0.5e9, rate=50 * MB, dirty=0.0)
    assert watched.turn(ended=NOW - 100.0, took=41.0, stood=0.5).judged == 0
    watched.now += int(PATIENCE)
    watched.turn()
    assert watched.turn(ended=watched.now + 1.0, took=41.0, stood=0.5).judged == 0


def test_a_vm_of_which_nothing_was_forecast_is_not_judged() -> None:
    watched = Watched(Vm("h1", "web", state="running", maximum_memory_bytes=2e9))
    assert watched.turn(running=5.0, sent=0.5e9, rate=50 * MB, dirty=0.0).left == {}
    assert watched.turn(ended=watched.now + 1.0, took=41.0, stood=0.5).judged == 0


@pytest.mark.parametrize("set_back", [0, 3600])
def test_what_is_left_is_told_no_longer_where_nobody_answers(set_back: int) -> None:
    """Nor is it where the clock was set back meanwhile; what was judged stays."""
    watched = Watched()
    watched.turn(running=5.0, sent=0.5e9, rate=50 * MB, dirty=0.0)
    watched.backend.error = PromqlError(Result.UNREACHABLE, "down")
    watched.now += int(3 * EVERY)
    watched.watch.look()
    assert watched.watch.view.left
    watched.now += 1 - set_back
    watched.watch.look()
    assert watched.watch.view == MigrationsView()
    watched.backend.error = None
    assert watched.turn(running=20.0, sent=1e9, rate=50 * MB, dirty=0.0).left


def test_a_clock_that_was_ahead_has_nothing_waited_for() -> None:
    watched = Watched()
    watched.now += 86_400
    watched.turn(running=5.0, sent=0.5e9, rate=50 * MB, dirty=0.0)
    watched.now -= 86_400
    watched.turn()
    asked = watched.backend.asked
    watched.turn()
    assert watched.backend.asked == asked + 1
