"""The view as text: `report`."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.advice.registry import ADVISERS
from forecaster.report.columns import aligned
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.advice.finding import Adviser
    from forecaster.view.view import Fresh, ResourceView, View


def report(view: View) -> str:
    """The view after a cycle; a resource that failed says why."""
    known = view.fresh(view.made_at, math.inf)
    at = max((rows.at for rows in known.rows), default=int(view.made_at))
    fresh = view.fresh(at, math.inf)
    parts = [
        [f"{view.backend_url} at {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"],
        *([adviser.title, *_findings(adviser, fresh)] for adviser in ADVISERS),
        ["Series", *_resources(view.resources)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _findings(adviser: Adviser, fresh: Fresh) -> list[str]:
    rows = adviser.rows(fresh)
    if not rows:
        return [f"  {adviser.without(fresh)}"]
    head = tuple(column.title.lower() for column in adviser.columns)
    left = [place for place, column in enumerate(adviser.columns) if not column.number]
    return _indented(aligned([head, *rows], left))


def _resources(resources: Sequence[ResourceView]) -> list[str]:
    rows = [("resource", *(state.value for state in State), "left out")]
    rows += [(each.resource.name, *map(str, (*each.counts.values(), each.left_out))) for each in resources]
    remarks = [remark for each in resources for remark in each.remarks]
    failed = [f"{each.resource.name}: {each.error}" for each in resources if each.error]
    return _indented([*aligned(rows), *remarks, *failed])


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
