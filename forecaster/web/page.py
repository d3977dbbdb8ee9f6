"""The status page: what advisers find, what is forecast, and whether it works."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from exporter.web.html import Column, Link, Templates
from forecaster.advice.finding import NOT_READ
from forecaster.advice.registry import ADVISERS
from forecaster.advice.wording import rough
from forecaster.api.registry import API
from forecaster.config.durations import written
from forecaster.series.state import State
from forecaster.web.series_page import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.advice.finding import Adviser, Finding
    from forecaster.view.view import AlertsView, ResourceView, View

_TEMPLATES = Templates("forecaster.web", report="forecaster.report")
_RESOURCES = (
    Column("Resource", whole=True),
    Column("Query"),
    *(Column(state.value, number=True) for state in State),
    Column("left out", number=True),
    Column("Last read", whole=True),
    Column("Result"),
)


def page(
    view: View, now: float, fresh_for: int, links: Sequence[Link], alerts: AlertsView | None = None
) -> str:
    """The page as HTML."""
    fresh = view.fresh(now, fresh_for, alerts)
    advice = [(adviser, adviser.first(fresh)) for adviser in ADVISERS]
    return _TEMPLATES.render(
        "status.html",
        title="virtcast forecaster",
        links=links,
        shown_at=f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC",
        backend_up=view.backend_up,
        facts=_facts(view, now),
        failures=_failures(view),
        remarks=[remark for each in view.resources for remark in each.remarks],
        known=bool(fresh.rows),
        not_read=NOT_READ,
        found=[_table(adviser, first) for adviser, first in advice if first],
        empty=[(adviser.title, adviser.without(fresh)) for adviser, first in advice if not first],
        api=[Link(each.path, each.title, each.help) for each in API],
        resource_columns=_RESOURCES,
        resources=[_resource(each, now) for each in view.resources],
    )


def _table(adviser: Adviser, first: Sequence[Finding]) -> tuple[Adviser, list[tuple[str, ...]], list[str]]:
    """The rows of an adviser's table, and where each leads."""
    return adviser, [each.cells() for each in first], [address(each.resource, each.labels) for each in first]


def _facts(view: View, now: float) -> list[tuple[str, str]]:
    last = "none yet" if view.last_success is None else f"{rough(now - view.last_success)} ago"
    facts = [("Backend", view.backend_url), ("Step", written(view.step)), ("Last complete cycle", last)]
    if view.duration is not None:
        facts.append(("Duration of the cycle", f"{view.duration:.1f} s"))
    if view.history_note:
        facts.append(("History", view.history_note))
    if view.shard != "1/1":
        facts.append(("Shard", view.shard))
    if view.replica:
        facts.append(("Replica", view.replica))
    return facts


def _failures(view: View) -> dict[str, list[str]]:
    """By reason, the resources that could not be read; a backend that is down fails all of them alike."""
    failures: dict[str, list[str]] = {}
    for each in view.resources:
        if each.error:
            failures.setdefault(each.error, []).append(each.resource.name)
    return failures


def _resource(each: ResourceView, now: float) -> dict[str, object]:
    read = f"{rough(now - each.last_success)} ago" if each.last_success else "not yet"
    if not each.last_success and 0 < each.progress < 1:
        read = f"history {each.progress:.0%}"
    return {
        "name": each.resource.name,
        "query": each.resource.query,
        "counts": [*each.counts.values(), each.left_out],
        "read": read,
        "failing": bool(each.error),
        "result": "failing" if each.error else "ok" if each.last_success else "",
    }
