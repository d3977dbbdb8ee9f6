"""From the view to advice: the figures of a series, and the anomalies of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.explanation import Figures
from forecaster.advice.together import Onset
from forecaster.durations import written
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.advice.together import Group
    from forecaster.publish.view import Forecasts, ResourceView

    Fresh = Iterable[tuple[ResourceView, Forecasts]]


def figures_of(each: ResourceView, forecasts: Forecasts, row: int) -> Figures:
    """The figures of one series."""
    outlook, reasons = forecasts.outlook, forecasts.outlook.reasons
    return Figures(
        value=float(forecasts.values[row]),
        expected=float(outlook.expected[row]),
        usual=float(reasons.usual[row]),
        origin=float(reasons.origin[row]),
        trend=float(reasons.trend[row]),
        season=float(reasons.season[row]),
        signs=tuple(float(sign) for sign in reasons.signs[:, row]),
        share=each.resource.shares,
    )


def onsets(fresh: Fresh) -> list[Onset]:
    """The anomalies of all series that are ready: those that go on, or began within the last hour."""
    found = []
    for each, forecasts in fresh:
        began = forecasts.outlook.reasons.onset
        for row in np.flatnonzero(np.isfinite(began)):
            labels = forecasts.labels[row]
            if each.states.get(labels) is State.READY:
                found.append(Onset(float(began[row]), each.resource.name, labels))
    return found


def in_order(group: Group) -> str:
    """The anomalies of a group as people read them: vm_disk_latency; 5m later vm_cpu, vm_cpu_steal."""
    parts: dict[int, list[str]] = {}
    for onset in group.onsets:
        parts.setdefault(int(onset.at - group.onsets[0].at), []).append(_short(onset, group))
    texts = {after: ", ".join(dict.fromkeys(names)) for after, names in parts.items()}
    return "; ".join(f"{written(after)} later {text}" if after else text for after, text in texts.items())


def _short(onset: Onset, group: Group) -> str:
    """The resource, and the labels that tell its series from others of the group."""
    known = {name for name, _ in group.of} | {"provider"}
    own = ", ".join(f"{name}={value}" for name, value in onset.labels if name not in known)
    return f"{onset.resource} {{{own}}}" if own else onset.resource
