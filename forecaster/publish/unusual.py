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

NAMED = 5  # series of one resource that deviated in the same step; the others are counted


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
    """The anomalies of a group as people read them: vm_disk_latency of db, web; 5m later host_cpu."""
    parts: dict[int, dict[str, list[str]]] = {}
    for onset in group.onsets:
        at_once = parts.setdefault(int(onset.at - group.onsets[0].at), {})
        at_once.setdefault(onset.resource, []).append(_whose(onset, group))
    texts = {after: ", ".join(map(_several, resources.items())) for after, resources in parts.items()}
    return "; ".join(f"{written(after)} later {text}" if after else text for after, text in texts.items())


def _whose(onset: Onset, group: Group) -> str:
    """The values of the labels that tell a series from others of the group."""
    known = {name for name, _ in group.of} | {"provider"}
    return " ".join(value for name, value in onset.labels if name not in known)


def _several(resource: tuple[str, list[str]]) -> str:
    """A resource and whose it is, the first few by name."""
    name, owners = resource
    whose = [owner for owner in dict.fromkeys(owners) if owner]
    more = f" and {len(whose) - NAMED} more" if len(whose) > NAMED else ""
    return f"{name} of {', '.join(whose[:NAMED])}{more}" if whose else name
