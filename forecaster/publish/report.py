"""What runs out first and what is unusual now, as text: `report`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.publish.columns import aligned
from forecaster.publish.gauges import count
from forecaster.publish.page import most_unusual, soonest
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.publish.page import Finding
    from forecaster.publish.view import ResourceView, View


def report(view: View) -> str:
    """The view after a cycle; a resource that failed says why."""
    known = [(each, each.forecasts) for each in view.resources if each.forecasts is not None]
    at = max((forecasts.at for _, forecasts in known), default=int(view.made_at))
    parts = [
        [f"{view.backend_url} at {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"],
        ["Runs out first", *_findings(("now", "limit reached", "probability"), soonest(known))],
        ["Unusual now", *_findings(("now", "expected", "score"), most_unusual(known))],
        ["Series", *_resources(view.resources)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _findings(figures: tuple[str, ...], found: Sequence[Finding]) -> list[str]:
    if not found:
        return ["  nothing"]
    rows = [
        (each.resource, ", ".join("=".join(pair) for pair in each.labels), *each.figures) for each in found
    ]
    return _indented(aligned([("resource", "series", *figures), *rows], left=2))


def _resources(resources: Sequence[ResourceView]) -> list[str]:
    rows = [("resource", *(state.value for state in State))]
    rows += [
        (each.resource.name, *map(str, count(list(each.states.values())).values())) for each in resources
    ]
    failed = [f"{each.resource.name}: {each.error}" for each in resources if each.error]
    return _indented([*aligned(rows), *failed])


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
