"""GET /api/v1/decomposition: the past of some series as trend, day, week and rest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from exporter.web.extras import missing
from forecaster.advice.decomposition import Parts, decomposed
from forecaster.api import row
from forecaster.api.filters import FILTERS, chosen, fits
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import COUNT, LABELS, NUMBER, NUMBER_OR_NULL, TEXT, many, record
from forecaster.view.rollups import HOURS, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from exporter.web.query import Query
    from forecaster.series.labels import Labels
    from forecaster.view.rollups import Rollup
    from forecaster.view.view import Fresh

MOST = 3  # series of one request: each takes some tenths of a second of the processor's time
MISSING = missing("statsmodels")
ROWS = {kept.name: kept.labels for kept in TABLE}


class Told(NamedTuple):
    """A series from its first hour that is known (k,), and its parts."""

    resource: str
    labels: Labels
    ends: NDArray[np.int64]
    observed: NDArray[np.float64]
    parts: Parts

    def numbers(self, part: str) -> list[float]:
        """A part as plain numbers."""
        return [float(each) for each in getattr(self.parts, part)]


FIELDS: tuple[Field[Told], ...] = (
    Field("resource", TEXT, "The row of the past.", lambda of: of.resource),
    Field("labels", LABELS, "The labels of the series.", lambda of: dict(of.labels)),
    Field(
        "ends",
        many(COUNT),
        "When each hour ended, Unix seconds.",
        lambda of: [int(each) for each in of.ends],
    ),
    Field(
        "observed",
        many(NUMBER_OR_NULL),
        "The mean of each hour; null where none is known.",
        lambda of: [known(float(each)) for each in of.observed],
    ),
    *(
        Field(part, many(NUMBER), help_text, lambda of, part=part: of.numbers(part))  # type: ignore[misc]
        for part, help_text in (
            ("trend", "The slow part of each hour."),
            ("daily", "What the hour of the day adds."),
            ("weekly", "What the hour of the week adds; 0 with less than two weeks."),
            ("rest", "What is left."),
        )
    ),
    Field(
        "daily_strength",
        NUMBER,
        "How much the season explains of itself and the rest, 0 to 1.",
        lambda of: of.parts.strength("daily"),
    ),
    Field("weekly_strength", NUMBER, "The same of the week.", lambda of: of.parts.strength("weekly")),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The first series that are asked for."""
    asked = chosen(query, ROWS)
    named = bool(query.many("resource"))
    selectors = {name: asked.of(name) for name in ROWS if named or query.many("match[]")}
    found: list[Told] = []
    note = ""
    if not selectors:
        note = "name the series: resource, match[] or both"
    try:
        for name, hours, column in _matching(fresh, selectors):
            if len(found) == MOST:
                note = f"more series fit: the first {MOST} are here"
                break
            observed = _since_first(hours.mean[:, column].astype(float))
            parts = _parts(observed.tobytes())
            if parts is not None:
                labels = tuple(sorted(zip(ROWS[name], hours.labels[column], strict=True)))
                ends = hours.ends[len(hours.ends) - len(observed) :]
                found.append(Told(name, labels, ends, observed, parts))
    except ImportError:  # it is not there, or older than MSTL
        note = MISSING
    if not found and not note:
        note = "no series fits, or too little is known of it"
    return {"total": len(found), "note": note, "decompositions": [row.row(FIELDS, each) for each in found]}


def _matching(fresh: Fresh, selectors: dict[str, Any]) -> Iterator[tuple[str, Rollup, int]]:
    for name, mine in selectors.items():
        hours = fresh.view.rollups[name]
        for column, key in enumerate(hours.labels if mine is not None else ()):
            labels = tuple(sorted(zip(ROWS[name], key, strict=True)))
            if fits(mine, labels):
                yield name, hours, column


def _since_first(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the first hour that is known: a past begins where it was asked for."""
    known_at = np.flatnonzero(np.isfinite(values))
    return values[known_at[0] if len(known_at) else len(values) :]


@lru_cache(
    maxsize=32
)  # a page that is looked at again; by the values: 5 kB each, and no past is kept for them
def _parts(values: bytes) -> Parts | None:
    return decomposed(np.frombuffer(values), HOURS)


RESOURCE = ApiResource(
    "/api/v1/decomposition",
    "Decomposition",
    "The past of some series, hour by hour, as trend, day, week and rest, by MSTL. Needs statsmodels.",
    read,
    record({"total": COUNT, "note": TEXT, "decompositions": many(row.schema(FIELDS))}),
    FILTERS,
)
