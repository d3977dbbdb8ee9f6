"""GET /api/v1/accuracy: how right the forecasts of the last 30 days were."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forecaster.advice.accuracy import in_words
from forecaster.api import row
from forecaster.api.filters import FILTERS, chosen, fits
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import (
    COUNT,
    LABELS,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    by_name,
    many,
    record,
)
from forecaster.view.accuracy import NAIVE, Accuracy, Exhaustions, accuracy, exhaustions

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh, ResourceView


@dataclass(frozen=True)
class Place:
    """A series of a resource, by its row in the record."""

    of: ResourceView
    at: int

    @property
    def labels(self) -> Labels:
        """Its labels."""
        return self.of.judged.labels[self.at]

    @cached_property
    def accuracy(self) -> dict[str, Accuracy]:
        """By horizon."""
        found = accuracy(self.of.judged.record, [self.at])
        return dict(zip(self.of.accuracy, found, strict=True))

    @cached_property
    def exhaustions(self) -> Exhaustions:
        """How often it reached its limit."""
        return exhaustions(self.of.judged.record, [self.at])


HORIZON: tuple[Field[Accuracy], ...] = (
    Field(
        "outcomes", NUMBER, "How many forecasts were judged; older ones count less.", lambda of: of.outcomes
    ),
    Field(
        "band_coverage",
        NUMBER_OR_NULL,
        "The share of values between the 0.1 and the 0.9 quantile: 0.8 at best; null below ten outcomes.",
        lambda of: known(of.held),
    ),
    *(
        Field(
            f"error_ratio_{name}",
            NUMBER_OR_NULL,
            f"The error as a multiple of that of a naive forecast, {text}; above 1 that one is better.",
            lambda of, at=at: known(of.errors[at]),  # type: ignore[misc]
        )
        for at, (name, text) in enumerate(
            zip(NAIVE, ("the last value", "the value of the same time of the day before"), strict=True)
        )
    ),
    Field("chances", NUMBER, "How many exhaustion probabilities were judged.", lambda of: of.chances),
    Field(
        "brier_skill",
        NUMBER_OR_NULL,
        "Of the exhaustion probabilities: 1 at best, 0 for the base rate; null until limits were reached "
        "ten times, and ten times not.",
        lambda of: known(of.brier_skill),
    ),
)
BY_HORIZON = by_name(row.schema(HORIZON))
EXHAUSTIONS = (
    (
        "exhaustions_flagged",
        "Times that a limit was reached after a probability of 0.5 within the day before.",
    ),
    ("exhaustions_missed", "Times that a limit was reached without one."),
)


def _horizons(found: dict[str, Accuracy]) -> dict[str, Any]:
    return {horizon: row.row(HORIZON, of) for horizon, of in found.items()}


RESOURCES: tuple[Field[ResourceView], ...] = (
    Field("resource", TEXT, "Its name.", lambda of: of.resource.name),
    Field("horizons", BY_HORIZON, "By horizon: of all its series.", lambda of: _horizons(of.accuracy)),
    *(
        Field(name, NUMBER, help_, lambda of, at=at: exhaustions(of.judged.record)[at])  # type: ignore[misc]
        for at, (name, help_) in enumerate(EXHAUSTIONS)
    ),
    Field(
        "worse",
        TEXT_OR_NULL,
        "Where its forecasts are clearly worse than naive ones; null if they are not.",
        lambda of: of.worse or None,
    ),
)
FIELDS: tuple[Field[Place], ...] = (
    Field("resource", TEXT, "The resource it belongs to.", lambda of: of.of.resource.name),
    Field("labels", LABELS, "Its labels.", lambda of: dict(of.labels)),
    Field(
        "text",
        TEXT,
        "How right its forecasts were, as a sentence.",
        lambda of: in_words(list(of.accuracy.values()), of.exhaustions),
    ),
    Field("horizons", BY_HORIZON, "By horizon.", lambda of: _horizons(of.accuracy)),
    *(
        Field(name, NUMBER, help_, lambda of, at=at: of.exhaustions[at])  # type: ignore[misc]
        for at, (name, help_) in enumerate(EXHAUSTIONS)
    ),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The series that are asked for, resource by resource, and their resources."""
    asked = chosen(query, (each.resource.name for each in fresh.view.resources))
    found, resources = [], []
    for each in fresh.view.resources:
        selectors = asked.of(each.resource.name)
        if selectors is not None:
            resources.append(each)
            labels = enumerate(each.judged.labels)
            found += [Place(each, at) for at, mine in labels if fits(selectors, mine)]
    return {
        "total": len(found),
        "resources": [row.row(RESOURCES, each) for each in resources],
        "series": [row.row(FIELDS, place) for place in part(found, query)],
    }


RESOURCE = ApiResource(
    "/api/v1/accuracy",
    "Accuracy",
    "How right the forecasts of the last 30 days were: bands, errors beside naive forecasts, exhaustions.",
    read,
    record({"total": COUNT, "resources": many(row.schema(RESOURCES)), "series": many(row.schema(FIELDS))}),
    (*FILTERS, *PAGING),
    rows=lambda data: data["series"],
)
