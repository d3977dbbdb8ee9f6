"""A view with distinct values, so that swapped fields are seen."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from exporter.metric import Distribution, families
from exporter.web.exposition import exposition
from forecaster.alerts.event import Event
from forecaster.alerts.feedback import Lesson
from forecaster.alerts.history import History, after
from forecaster.alerts.silence import Silence
from forecaster.config.bounds import Bounds
from forecaster.config.durations import horizon
from forecaster.config.resource import Resource
from forecaster.engine.engine import Outlook
from forecaster.engine.reasons import Reasons
from forecaster.engine.verification import Record
from forecaster.promql.results import Result
from forecaster.publish.gauges import samples
from forecaster.series.state import State
from forecaster.view.accuracy import Judged
from forecaster.view.recent import Past, Recent
from forecaster.view.remembered import Remembered
from forecaster.view.rows import Rows
from forecaster.view.view import AlertsView, PromqlView, ResourceView, StateView, View

NOW = 1_800_000_000
WEB = (("domain", "web"), ("instance", "h1"), ("provider", "libvirt"))
DB = (("domain", "db"), ("instance", "h2"), ("mountpoint", "/"), ("provider", "libvirt"))


def outlook() -> Outlook:
    numbers = iter(range(10, 1000))

    def pair(*shape: int) -> np.ndarray:
        count = math.prod(shape) * 2
        return (np.array([next(numbers) for _ in range(count)], dtype=float) / 1000).reshape((*shape, 2))

    return Outlook(
        lower=pair(),
        expected=pair(),
        upper=pair(),
        anomaly_score=np.array([1.5, 0.25]),
        exhaustion_seconds=np.array([7200.0, np.inf]),
        exhaustion_quantiles=np.array([[3600.0, np.inf], [7200.0, np.inf], [9000.0, np.inf]]),
        probability=pair(2),
        forecast=pair(2, 3),
        reasons=Reasons(
            trend=np.array([0.03, 0.0]),
            season=pair(),
            usual=np.array([0.12, np.nan]),
            onset=np.array([NOW - 600.0, np.nan]),
            origin=np.array([0.14, np.nan]),
            signs=np.array([[1.4, 0.1], [0.8, 0.2], [0.6, 0.3], [2.5, 0.4]]),
        ),
        ready=np.array([True, True]),
    )


def past(at: int) -> Recent:
    """Three steps, of which only the last one has a band."""
    values = np.array([[0.31, 0.33, 0.35], [0.41, np.nan, 0.45]])
    return Recent().after(
        np.arange(at - 600, at + 1, 300), values, np.array([0.2, 0.4]), np.array([0.5, 0.6])
    )


def record() -> Record:
    """Of two horizons and two series: the forecasts of a day ahead are worse than the last value."""

    def table(*numbers: float) -> np.ndarray:
        return np.array(numbers, np.float32).reshape(2, 2)

    return Record(
        outcomes=table(40, 20, 16, 12),
        inside=table(32, 15, 12, 9),
        error=table(4, 3, 8, 6),
        error_last=table(5, 6, 4, 4),
        error_earlier=table(8, 4, 8, 10),
        chances=table(40, 0, 16, 0),
        squares=table(4.2, 0, 1, 0),
        reached=table(12, 0, 6, 0),
        flagged=np.array([3, 0], np.float32),
        missed=np.array([1, 0], np.float32),
    )


def make(states: tuple[State, State] = (State.READY, State.READY), error: str = "", at: int = NOW) -> View:
    horizons = (horizon("15m"), horizon("24h"))
    resource = Resource("vm_cpu", "vm:cpu_utilization:ratio", horizons=horizons, publish="full")
    bounds = (Bounds(0.9, 0.5, 1.25, 0.03), Bounds(math.inf, 0.7, 1.0, 0.1))
    known = dict(zip((WEB, DB), states, strict=True))
    rows = Rows(resource, at, (WEB, DB), np.array([0.35, 0.45]), outlook(), bounds)
    each = ResourceView(
        resource,
        known,
        Rows.ready(rows, known),
        {"duplicate": 3, "max_series": 4},
        error,
        at,
        partial=True,
        partial_answers=14,
        past=Past((WEB, DB), past(at)),
        asked={"limit_query": (21, 22)},
        changes={"new": 25, "vanished": 26},
        counter_resets=27,
        judged=Judged((WEB, DB), record()),
        lag=28,
    )
    idle = ResourceView(Resource("host_cpu", "host:cpu_utilization:ratio"), progress=0.25)
    promql = PromqlView(
        dict.fromkeys(Result, 0) | {Result.SUCCESS: 5},
        6,
        7,
        15,
        8,
        Distribution(((0.1, 2), (math.inf, 9)), 1.25),
        circuit_open=True,
        circuit_openings=23,
        queries_refused=24,
    )
    return View(
        made_at=at,
        step=300,
        resources=(each, idle),
        promql=promql,
        backend_url="http://prometheus.test:9090",
        backend_up=True,
        cycles={"success": 11, "failure": 12},
        remembered=Remembered(adopted={"cpu": 41, "memory": 42}),
        caught_up=13,
        clock_steps=27,
        duration=0.75,
        stages={"read": 36.5, "engine": 37.5},
        last_success=at + 1,
        configured_at=at - 2,
        state=StateView({"success": 16, "failure": 17}, {"success": 18, "set_aside": 19}, 20, at - 3),
        alerts=AlertsView(alerts(at), {"logged": 33, "failed": 34}, 35, (), lessons(at)),
    )


def lessons(at: int) -> tuple[Lesson, ...]:
    """One of each tag; of what is expected now, and of what is not."""
    silence = Silence("id", ("a=b",), at - 10, at - 9, at - 8, "ann", "#noise")
    end = at + 3600.0
    return (
        Lesson("vm_cpu", WEB, "noise", end, 0.0, 0.0, silence),
        Lesson("vm_cpu", WEB, "expected", end, at - 10.0, end, silence),
        Lesson("vm_filesystem", DB, "expected-daily", end, at - 7200.0, at - 3600.0, silence),
    )


def alerts(at: int) -> History:
    """One alert that fires, and one that was resolved; two notifications came."""
    crashed = {"alertname": "VmCrashed", "severity": "critical", **dict(WEB)}
    full = {"alertname": "VmFilesystemFull", "severity": "warning", **dict(DB)}
    told = [(crashed, "web has crashed", None, at - 50), (full, "/ of db is full", at - 100, at - 90)]
    return after(
        History(),
        [
            Event(
                came,
                "firing" if end is None else "resolved",
                tuple(sorted(labels.items())),
                (("summary", summary),),
                at - 7200.0,
                end,
                "history",
                "{}",
                0,
            )
            for labels, summary, end, came in told
        ],
    )


def only(view: View, states: State | None = None, **changes: Any) -> View:
    """The view with its first resource only, whose rows have other parts; READY unless `states` says."""
    first = view.resources[0]
    assert first.rows is not None
    rows = replace(first.rows, **changes)
    known = dict.fromkeys(rows.labels, states or State.READY)
    return replace(view, resources=(replace(first, states=known, rows=Rows.ready(rows, known)),))


def rows_of(view: View) -> Rows:
    """The rows of the first resource."""
    rows = view.resources[0].rows
    assert rows is not None
    return rows


def golden_page() -> str:
    """The page of metrics of this view: tests/forecaster/publish/golden.prom."""
    return exposition(families(samples(make(), NOW, 900)), "").body.decode()


if __name__ == "__main__":
    sys.stdout.write(golden_page())
