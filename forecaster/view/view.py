"""What the loop hands to readers after each cycle: frozen, complete, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from forecaster.alerts.history import History
from forecaster.config.prices import Prices
from forecaster.engine.verification import Record
from forecaster.view.accuracy import Accuracy, Judged, accuracy, said_worse
from forecaster.view.inventory import Inventory
from forecaster.view.recent import Past, Recent
from forecaster.view.remembered import Remembered
from forecaster.view.rollups import Rollups
from forecaster.view.rows import counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.metric import Distribution
    from forecaster.alerts.feedback import Lesson
    from forecaster.alerts.silence import Silence
    from forecaster.config.resource import Resource
    from forecaster.promql.results import Result
    from forecaster.series.labels import Labels
    from forecaster.series.state import State
    from forecaster.view.episodes import Episode
    from forecaster.view.rows import Rows


@dataclass(frozen=True)
class ResourceView:
    """One resource: every known series' state, the rows of those that are ready, and how the last try went.

    `rows` is None before the first outlook.
    """

    resource: Resource
    states: Mapping[Labels, State] = field(default_factory=dict)
    rows: Rows | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    error: str = ""  # one line; empty = the last try succeeded
    last_success: int = 0  # the latest grid instant read, Unix seconds; 0 = none yet
    progress: float = 1.0  # of reading history
    partial: bool = False  # the backend called an answer of the last cycle partial: series may be missing
    partial_answers: int = 0  # since the program started
    past: Past = field(default_factory=lambda: Past((), Recent()))
    episodes: tuple[Episode, ...] = ()  # its anomalies of the last day, the latest at the end
    # By key of the configuration: values that PromQL gives for series, and values that cannot be used.
    asked: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)  # of its series, since the program started
    judged: Judged = field(default_factory=lambda: Judged((), Record.fresh(0, 0)))
    lag: float | None = None  # seconds from the values of the last cycle to their outlook
    counter_resets: int | None = None  # since the program started; None: not counted

    @property
    def counts(self) -> dict[State, int]:
        """How many series are in each state."""
        return counts(self.states.values())

    @property
    def left_out(self) -> int:
        """How many series have no forecast because there is no room for them, or because they are odd."""
        return sum(self.excluded.values())

    @cached_property
    def accuracy(self) -> dict[str, Accuracy]:
        """By horizon: how right its forecasts were."""
        labels = (horizon.label for horizon in self.resource.horizons)
        return dict(zip(labels, accuracy(self.judged.record), strict=False))

    @property
    def worse(self) -> str:
        """At which horizon its forecasts are clearly worse than naive ones, and how; empty if at none."""
        found = [(of.error, horizon, of) for horizon, of in self.accuracy.items() if of.worse]
        return said_worse(*max(found)[1:]) if found else ""

    @property
    def remarks(self) -> list[str]:
        """What its figures lack, a sentence each."""
        found = []
        if self.left_out:
            reasons = ", ".join(f"{number} {reason}" for reason, number in self.excluded.items() if number)
            found.append(f"{self.resource.name}: {self.left_out} series are left out ({reasons}).")
        for key, (_, invalid) in self.asked.items():
            if invalid:
                found.append(f"{self.resource.name}: {invalid} values of {key} cannot be used.")
        if self.partial:
            found.append(f"{self.resource.name}: answers are partial, series may be missing.")
        if self.worse:
            found.append(f"{self.resource.name}: {self.worse}.")
        return found


@dataclass(frozen=True)
class PromqlView:
    """The PromQL client's counters."""

    requests: Mapping[Result, int]
    retries: int
    warnings: int
    windows_refused: int
    response_bytes: int
    durations: Distribution  # seconds
    circuit_open: bool = False  # the backend is only tried now and then
    circuit_openings: int = 0
    queries_refused: int = 0  # by the open circuit


@dataclass(frozen=True)
class StateView:
    """The folder that keeps learned state: saves by result, loads of resources by result, size of its files.

    `last_save` is Unix seconds, None before the first.
    """

    saves: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    last_save: float | None = None


@dataclass(frozen=True)
class AlertsView:
    """The alerts that Alertmanager notified of: their history, notifications by result, size of the log; its
    silences, and what is taught by them.
    """

    history: History = field(default_factory=History)
    results: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    silences: tuple[Silence, ...] = ()
    lessons: tuple[Lesson, ...] = ()

    def silences_of(self, labels: Mapping[str, str], now: float) -> list[Silence]:
        """Those that silence an alert with these labels at Unix time `now`."""
        return [
            each for each in self.silences if each.starts_at <= now < each.ends_at and each.matches(labels)
        ]


@dataclass(frozen=True)
class View:
    """All that is known at one moment. `made_at` is Unix seconds by this machine's clock."""

    made_at: float
    step: int
    resources: tuple[ResourceView, ...]
    promql: PromqlView
    backend_url: str
    backend_up: bool
    cycles: Mapping[str, int]  # by result
    caught_up: int  # grid instants read later than their own cycle
    clock_steps: int = 0  # of this machine
    overruns: int = 0  # cycles that ended when the next one was due already
    duration: float | None = None  # seconds of the last cycle
    stages: Mapping[str, float] = field(default_factory=dict)  # seconds of all cycles, by stage
    last_success: float | None = None  # when a cycle last succeeded for every resource
    shard: str = "1/1"
    replica: str = ""  # see Config
    history_note: str = ""  # what the backend lacks of the history that is wanted
    config_good: bool = True  # the configuration was read when it was last asked for
    configured_at: float | None = None  # when it was last read, Unix seconds
    inventory: Inventory = field(default_factory=Inventory)
    rollups: Rollups = field(default_factory=Rollups)
    prices: Prices = field(default_factory=Prices)
    shared_storage: tuple[str, ...] = ()  # see Config
    steps: Rollups = field(default_factory=Rollups)  # of the last day, of VMs
    state: StateView | None = None  # None: nothing is kept on disk
    alerts: AlertsView | None = None  # None: Alertmanager does not notify this program
    remembered: Remembered = field(default_factory=Remembered)

    @property
    def advises(self) -> bool:
        """Whether this program advises on the fleet: of several shards the first one does, for all."""
        return self.shard.startswith("1/")

    def fresh(self, now: float, fresh_for: float, alerts: AlertsView | None = None) -> Fresh:
        """What is fresh of the view at Unix time `now`: rows that are at most `fresh_for` seconds old, or as
        many as their resource says; `alerts` are those of now, where they are known.
        """
        rows = (each.rows for each in self.resources if each.rows is not None)
        return Fresh(
            self,
            now,
            tuple(each for each in rows if now - each.at <= (each.resource.fresh_for or fresh_for)),
            alerts or self.alerts or AlertsView(),
        )


@dataclass(frozen=True)
class Fresh:
    """What advisers, pages and the API read: the view at Unix time `now`, and its rows that are fresh."""

    view: View
    now: float
    rows: tuple[Rows, ...]
    alerts: AlertsView = field(default_factory=AlertsView)

    @property
    def inventory(self) -> Inventory:
        """The VMs, hosts, pools and networks."""
        return self.view.inventory
