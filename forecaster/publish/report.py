"""What runs out first and what is unusual now, as text: `report`."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.advice.together import groups
from forecaster.publish.columns import aligned
from forecaster.publish.findings import RUNS_OUT, TOGETHER, UNUSUAL, most_unusual, named, soonest, together
from forecaster.publish.gauges import count
from forecaster.publish.unusual import onsets
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.publish.findings import Finding
    from forecaster.publish.view import Forecasts, ResourceView, View


def report(view: View) -> str:
    """The view after a cycle; a resource that failed says why."""
    known = view.fresh(view.made_at, math.inf)
    at = max((forecasts.at for _, forecasts in known), default=int(view.made_at))
    parts = [
        [f"{view.backend_url} at {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"],
        ["Runs out first", *_findings(RUNS_OUT, soonest(known))],
        ["Unusual now", *_findings(UNUSUAL, most_unusual(known, at))],
        ["Deviated together", *_together(known, at)],
        ["Series", *_resources(view.resources)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _findings(figures: tuple[str, ...], found: Sequence[Finding]) -> list[str]:
    if not found:
        return ["  nothing"]
    rows = [(each.resource, named(each.labels), *each.figures) for each in found]
    head = ("resource", "series", *(name.lower() for name in figures))
    return _indented(aligned([head, *rows], left=2, last_left=True))


def _together(known: Sequence[tuple[ResourceView, Forecasts]], at: int) -> list[str]:
    found = together(groups(onsets(known)), at)
    if not found:
        return ["  nothing"]
    head = tuple(name.lower() for name in TOGETHER)
    return _indented(aligned([head, *found], left=1, last_left=True))


def _resources(resources: Sequence[ResourceView]) -> list[str]:
    rows = [("resource", *(state.value for state in State))]
    rows += [
        (each.resource.name, *map(str, count(list(each.states.values())).values())) for each in resources
    ]
    failed = [f"{each.resource.name}: {each.error}" for each in resources if each.error]
    return _indented([*aligned(rows), *failed])


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
