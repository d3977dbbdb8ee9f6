"""A view of a fleet: VMs with plausible figures, a day of history and a few that are in trouble."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

import example_view
import fleets
from forecaster.config.resources import RESOURCES
from forecaster.engine.outlook import Outlook
from forecaster.engine.reasons import Reasons
from forecaster.engine.verification import Record
from forecaster.series.state import State
from forecaster.view.accuracy import Judged
from forecaster.view.episodes import after
from forecaster.view.recent import MOST, Past, Recent
from forecaster.view.rows import Rows
from forecaster.view.view import ResourceView

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.config.bounds import Bounds
    from forecaster.config.resource import Resource
    from forecaster.series.labels import Labels
    from forecaster.view.view import View

NOW = example_view.NOW
STEP = 300
PER_HOST = fleets.PER_HOST
PAST_DAYS = 14
LEARNING = 40  # every so many series is new
UNUSUAL = 60
FILLING = 30
WORSE = "host_memory"  # the resource whose forecasts are worse than naive ones


def fleet(vms: int) -> View:
    """A view of that many VMs, and their hosts and pools."""
    rng = np.random.default_rng(1)
    views = tuple(_view(resource, _labels(resource, vms), rng) for resource in RESOURCES)
    past = fleets.fleet(1, vms, seen=PAST_DAYS)
    known = replace(example_view.make(), resources=views, inventory=past.inventory)
    return replace(known, rollups=fleets.paired(past.rollups), steps=past.steps, prices=fleets.PRICES)


def _labels(resource: Resource, vms: int) -> tuple[Labels, ...]:
    """The labels of the resource's series: one or two a VM, one a host."""
    owner, part = resource.display.owner, resource.display.part
    parts = {"mountpoint": ("/", "/var"), "target_device": ("vda",), "pool": ("default",)}.get(part, ("",))
    number = vms if owner == "vm" else -(-vms // PER_HOST)
    found = []
    for at in range(number):
        host = at // PER_HOST if owner == "vm" else at
        own = {"instance": f"host-{host:03}:9177", "provider": "libvirt"}
        own |= {"domain": f"vm-{at:05}"} if owner == "vm" else {}
        found += [tuple(sorted({**own, **({part: each} if each else {})}.items())) for each in parts]
    return tuple(found)


def _view(resource: Resource, labels: tuple[Labels, ...], rng: np.random.Generator) -> ResourceView:
    n = len(labels)
    values = _history(resource, n, rng)
    trouble = np.arange(n) % UNUSUAL == 7
    values[trouble, -9:] += 0.3
    expected = np.where(trouble, values[:, -20], values[:, -1])
    rows = Rows(
        resource,
        NOW,
        labels,
        values[:, -1],
        _outlook(resource, values, expected, trouble),
        _bounds(resource, n),
    )
    states = {row: State.LEARNING if at % LEARNING == 3 else State.READY for at, row in enumerate(labels)}
    ready = Rows.ready(rows, states)
    return ResourceView(
        resource,
        states,
        ready,
        last_success=NOW,
        past=Past(labels, _recent(values, expected)),
        episodes=tuple(after({}, ready, 86_400).values()),
        judged=Judged(labels, _record(resource, n, rng)),
    )


def _record(resource: Resource, n: int, rng: np.random.Generator) -> Record:
    """Bands that hold about as promised, and errors below naive ones but for one resource."""
    shape = (len(resource.horizons), n)

    def about(low: float, high: float) -> NDArray[np.float32]:
        return rng.uniform(low, high, shape).astype(np.float32)

    outcomes, worse = np.full(shape, 27, np.float32), 3.0 if resource.name == WORSE else 1.0
    reached, asked = about(5, 9), np.full(n, resource.limit < np.inf, np.float32)
    return Record(
        outcomes=outcomes,
        inside=outcomes * about(0.74, 0.84),
        error=about(0.4, 0.6) * np.float32(worse),
        error_last=about(0.6, 1.2),
        error_earlier=about(0.6, 1.2),
        chances=outcomes * asked,
        squares=about(0.1, 0.6) * asked,
        reached=reached * asked,
        flagged=np.round(reached[0] / 4) * asked,
        missed=np.round(about(0, 0.6)[0]) * asked,
    )


def _history(resource: Resource, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A day: a daily wave for what has one, a slow fill for what fills; (n, steps)."""
    day = np.linspace(0, 2 * np.pi, MOST)
    level, noise = rng.uniform(0.1, 0.6, (n, 1)), rng.normal(0, 0.01, (n, MOST))
    shape = 0.08 * np.sin(day + rng.uniform(0, 6, (n, 1))) if resource.horizons[-1].seconds <= 86_400 else 0.0
    fills = np.where(np.arange(n) % FILLING == 5, 0.25, 0.005)[:, None] * np.linspace(0, 1, MOST)
    return np.clip(level + shape + fills + noise, 0.001, 0.99)


def _recent(values: NDArray[np.float64], expected: NDArray[np.float64]) -> Recent:
    recent = Recent()
    for at in range(MOST):
        time = np.array([NOW - (MOST - 1 - at) * STEP])
        normal = np.minimum(values[:, at], expected + 0.1)
        recent = recent.after(time, values[:, [at]], normal - 0.06, normal + 0.06)
    return recent


def _bounds(resource: Resource, n: int) -> tuple[Bounds, ...]:
    bounds, _ = resource.bounds(())
    return (bounds,) * n


def _outlook(
    resource: Resource,
    values: NDArray[np.float64],
    expected: NDArray[np.float64],
    trouble: NDArray[np.bool_],
) -> Outlook:
    n, latest = len(values), values[:, -1]
    ahead = np.array([each.seconds for each in resource.horizons]) / 86_400
    slope = values[:, -1] - values[:, 0]  # a day
    spread = np.array([-0.05, 0.0, 0.05])[None, :, None] * np.sqrt(ahead + 0.1)[:, None, None]
    forecast = np.clip(latest + slope * ahead[:, None, None] + spread, 0, 1)
    limit = resource.limit
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.where(slope > 0.15, np.clip((limit - latest) / slope, 0, 30) * 86_400, np.inf)
        within = np.clip(ahead[:, None] * 86_400 / seconds, 0, 1)
    onset = np.where(trouble, NOW - 2400.0, np.nan)
    return Outlook(
        expected=expected,
        lower=expected - 0.06,
        upper=expected + 0.06,
        anomaly_score=np.where(trouble, 1.4, 0.2),
        exhaustion_seconds=seconds,
        exhaustion_quantiles=np.array([0.7, 1.0, 1.5])[:, None] * seconds,
        probability=within,
        forecast=forecast,
        reasons=Reasons(
            trend=slope / 24,
            season=np.zeros(n),
            usual=expected,
            onset=onset,
            origin=np.where(trouble, expected, np.nan),
            signs=np.array([[1.4], [0.5], [0.3], [0.8]]) * np.where(trouble, 1.0, 0.1),
        ),
        ready=np.ones(n, dtype=bool),
    )
