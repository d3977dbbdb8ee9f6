"""The page of series: for each that a selector chooses, its chart, what is forecast and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import numpy as np

from exporter.web.html import Column, Link, Templates
from exporter.web.message import Response
from exporter.web.refusal import Refusal
from forecaster.advice.accuracy import in_words
from forecaster.advice.exhaustion import time_left
from forecaster.advice.explanation import sentence, slow_trend
from forecaster.advice.wording import amount, named, rough
from forecaster.api.filters import MATCH, chosen, fits
from forecaster.api.paging import OFFSET, part_of
from forecaster.engine.anomaly import PRESENT
from forecaster.engine.settings import Settings
from forecaster.series.promql_text import selector
from forecaster.view.accuracy import accuracy, exhaustions
from forecaster.view.recent import Recent
from forecaster.web.chart import chart, span_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from exporter.web.query import Query
    from forecaster.engine.verification import Record
    from forecaster.series.labels import Labels
    from forecaster.series.state import State
    from forecaster.view.recent import Track
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh, ResourceView

PATH = "/series"
SHOWN = 12  # series of a page
_TEMPLATES = Templates("forecaster.web", report="forecaster.report")
_COLUMNS = (
    Column("Horizon", whole=True),
    *(Column(f"{100 * quantile:.0f} % quantile", number=True) for quantile in Settings.quantiles),
    Column("Limit reached by then", number=True),
)


class Shown(NamedTuple):
    """A series as the page shows it."""

    title: str
    labels: str
    facts: list[tuple[str, str]]
    why: str  # it is unusual; empty if it is not
    plot: Markup
    forecasts: list[tuple[str, ...]]
    accuracy: str  # of the last 30 days; empty if it has no forecasts


class Place(NamedTuple):
    """A series, and its row where it is ready."""

    of: ResourceView
    labels: Labels
    state: State


def address(resource: str, labels: Labels) -> str:
    """The page of the series of a resource (empty: all) that have these labels."""
    return f"{PATH}?{urlencode({MATCH.name: selector(resource, labels)})}"


def page(fresh: Fresh, query: Query, links: Sequence[Link]) -> Response:
    """The page; of a selector that is none, with status 400 and what is wrong."""
    query.only(MATCH.name, OFFSET.name)
    found: list[Place] = []
    error = ""
    try:
        found = list(_found(fresh, query))
    except Refusal as refusal:
        error = refusal.message
    places = part_of(found, query, SHOWN)
    values = {
        "title": "Series",
        "links": links,
        "selectors": query.many(MATCH.name),
        "error": error,
        "total": len(found),
        "series": _shown(fresh, places.rows),
        "columns": _COLUMNS,
        "first": places.first,
        "pages": _pages(query, places.first, len(found)),
    }
    response = _TEMPLATES.page("series.html", **values)
    return Response(response.body, response.content_type, 400) if error else response


def _found(fresh: Fresh, query: Query) -> Iterator[Place]:
    asked = chosen(query, (each.resource.name for each in fresh.view.resources))
    for each in fresh.view.resources:
        selectors = asked.of(each.resource.name)
        if selectors is not None:
            for labels, state in each.states.items():
                if fits(selectors, labels):
                    yield Place(each, labels, state)


def _pages(query: Query, first: int, total: int) -> list[Link]:
    """The pages before and after this one."""
    offsets = {"Previous": first - SHOWN, "Next": first + SHOWN}
    selectors = [(MATCH.name, text) for text in query.many(MATCH.name)]
    return [
        Link(f"{PATH}?{urlencode([*selectors, (OFFSET.name, max(0, offset))])}", text)
        for text, offset in offsets.items()
        if -SHOWN < offset < total and offset != first and (offset >= 0 or first > 0)
    ]


def _shown(fresh: Fresh, places: Sequence[Place]) -> list[Shown]:
    rows = {each.resource.name: each for each in fresh.rows}
    views = {place.of.resource.name: place.of for place in places}
    row_of = {name: _places(each.labels) for name, each in rows.items() if name in views}
    judged_of = {name: _places(each.judged.labels) for name, each in views.items()}
    past_of = {name: _places(each.past.labels) for name, each in views.items()}
    found = []
    for place in places:
        name = place.of.resource.name
        at, row = (each.get(name, {}).get(place.labels) for each in (past_of, row_of))
        track = Recent().of(0) if at is None else place.of.past.recent.of(at)
        judged = judged_of[name].get(place.labels)
        right = "" if judged is None else _how_right(place.of.judged.record, judged)
        one = _one(place, track, None if row is None else rows[name], row or 0, fresh.now)
        found.append(one._replace(accuracy=right))
    return found


def _how_right(record: Record, at: int) -> str:
    return in_words(accuracy(record, [at]), exhaustions(record, [at]))


def _places(labels: Sequence[Labels]) -> dict[Labels, int]:
    return {each: at for at, each in enumerate(labels)}


def _one(place: Place, track: Track, rows: Rows | None, row: int, now: float) -> Shown:
    resource, title = place.of.resource, f"{place.of.resource.title}: {named(place.labels)}"
    facts = [("State", place.state.value)]
    why, forecasts = "", list[tuple[str, ...]]()
    if rows is not None:
        facts += _facts(rows, row)
        why = sentence(rows.figures(row)) if rows.score[row] >= PRESENT else ""
        forecasts = list(_forecasts(rows, row))
    said = "; ".join(f"{name} {text}" for name, text in facts)
    told = f"{title}. The last {span_text(track)} and the next. {said}."
    plot = chart(track, resource, rows, row, told)
    return Shown(resource.title, named(place.labels), [*facts, *_seen(track, now)], why, plot, forecasts, "")


def _facts(rows: Rows, row: int) -> list[tuple[str, str]]:
    """What is known of a series that is ready."""
    unit, outlook, limit = rows.resource.unit, rows.outlook, rows.bounds[row].limit
    seconds = float(outlook.exhaustion_seconds[row])
    facts = [
        ("Now", amount(float(rows.values[row]), unit)),
        (
            "Normal",
            f"{amount(float(outlook.lower[row]), unit)} to {amount(float(outlook.upper[row]), unit)}",
        ),
        ("Anomaly score", f"{np.nan_to_num(rows.score[row]):.2f}"),
    ]
    if np.isfinite(limit):
        reached = "not in sight"
        if np.isfinite(seconds):
            reached = time_left(seconds, rows.resource)
        facts += [("Limit", amount(limit, unit)), ("Limit reached", reached)]
    trend = slow_trend(rows.figures(row))
    return [*facts, ("Trend", trend)] if trend else facts


def _seen(track: Track, now: float) -> list[tuple[str, str]]:
    times = track.times[np.isfinite(track.values)]
    return [("Last value", f"{rough(now - float(times[-1]))} ago")] if len(times) else []


def _forecasts(rows: Rows, row: int) -> Iterator[tuple[str, ...]]:
    unit, has_limit = rows.resource.unit, np.isfinite(rows.bounds[row].limit)
    for at, horizon in enumerate(rows.resource.horizons):
        quantiles = (amount(value, unit) for value in rows.outlook.forecast[at, :, row].tolist())
        chance = f"{100 * rows.outlook.probability[at, row]:.0f} %" if has_limit else "no limit"
        yield (f"in {horizon.label}", *quantiles, chance)
