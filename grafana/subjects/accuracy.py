"""How right the forecasts have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.publish import metrics
from grafana.panels.card import Card, Query
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import timeline
from grafana.queries.by_what import ByWhat
from grafana.queries.counts import together
from grafana.queries.forecasts import MEDIAN, WITHIN, newest
from grafana.resources import in_parts, series, whole
from grafana.style import colors, fields
from grafana.style.thresholds import COVERAGE, NAIVE, SKILL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders import table, timeseries

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

NOT_YET = "Known after ten forecasts"


def by_resource(profile: Profile) -> table.Panel:
    card = Card(
        "Accuracy, by resource and horizon",
        "none",
        f"Covered: the share of values inside the band of their forecast, {WITHIN} at best. Error: that of "
        "the forecasts as a multiple of two naive ones, the last value and the value of yesterday; above 1 "
        "the naive one is better. Skill: 1 if the probabilities were always right, 0 if they say no more "
        "than the base rate.",
        NOT_YET,
    )
    by = "max by (resource, horizon)"
    queries = {
        "covered": f"{by} ({metrics.BAND_COVERAGE.name})",
        "last": f'{by} ({metrics.FORECAST_ERROR.name}{{naive="last"}})',
        "yesterday": f'{by} ({metrics.FORECAST_ERROR.name}{{naive="yesterday"}})',
        "skill": f"{by} ({metrics.EXHAUSTION_SKILL.name})",
    }
    naive = {**fields.unit("none", 2), **fields.colored_cell(NAIVE)}
    shown = (
        Column("resource", "Resource", ByWhat(profile.resources).words()),
        Column("horizon", "Ahead", fields.width(75)),
        Column("covered", "Covered", {**fields.unit("percentunit", 0), **fields.colored_cell(COVERAGE)}),
        Column("last", "Error / last value", naive),
        Column("yesterday", "Error / yesterday", naive),
        Column("skill", "Skill", {**fields.unit("none", 2), **fields.colored_cell(SKILL)}),
    )
    content = Table(
        ("resource", "horizon"), queries, shown, sort="resource", descending=False, empty="resource"
    )
    return listing(card, content)


def coverage() -> timeseries.Panel:
    card = Card(
        "Values inside their band",
        "percentunit",
        f"The share of values of the last 30 days that were inside the band of their forecast: {WITHIN} at "
        "best. Far below it the bands are too narrow, and predicted alerts come too late.",
        NOT_YET,
    )
    share = f"avg by (resource) ({newest(metrics.BAND_COVERAGE.name)})"
    return timeline(card, Query(share, "{{resource}}")).min(0).max(1)


def error() -> timeseries.Panel:
    card = Card(
        "Error beside the last value",
        "none",
        "The error of the forecasts as a multiple of that of a forecast which repeats the last value. Below "
        "1 the forecasts are better.",
        NOT_YET,
    )
    beside_last = newest(f'{metrics.FORECAST_ERROR.name}{{naive="last"}}')
    return timeline(card, Query(f"avg by (resource) ({beside_last})", "{{resource}}"))


def exhaustions() -> timeseries.Panel:
    card = Card(
        "Exhaustions foretold and missed",
        "short",
        "How many times within 30 days a limit was reached that had been foretold within the day before, and "
        "how many times it had not. Older ones count less.",
        NOT_YET,
    )
    queries = (
        Query(together("", newest(metrics.FLAGGED.name)), "Foretold"),
        Query(together("", newest(metrics.MISSED.name)), "Missed"),
    )
    styles = {"Foretold": fields.fixed(colors.GOOD), "Missed": fields.fixed(colors.BAD)}
    return timeline(card, *queries, styles=styles).decimals(0)


def own_past(resources: Sequence[Resource], matchers: str) -> timeseries.Panel:
    """Of one VM or host; of several parts the one whose forecast was worst."""
    card = Card(
        "Error of past forecasts",
        "percentunit",
        "The actual value minus what was forecast for that moment, the chosen time before: above 0 more was "
        "used than forecast. A forecast that has been wrong by a few percent of late deserves as much doubt "
        "now.",
        "No forecast has come due yet",
    )
    shown = [each for each in (*whole(resources), *in_parts(resources)) if each.shares]
    palette = colors.told_apart(each.title for each in shown)
    queries = [Query(_error(each, matchers), each.title) for each in shown]
    return timeline(
        card, *queries, styles={name: fields.fixed(color) for name, color in palette.items()}, from_zero=False
    )


def _error(resource: Resource, matchers: str) -> str:
    part = resource.display.part
    labels = ", ".join(filter(None, ("domain", part)))
    mine = f'horizon="$ahead", quantile="{MEDIAN}", resource="{resource.name}", {matchers}'
    made = newest(f"{metrics.FORECAST.name}{{{mine}}}", " offset $ahead")
    difference = f"max by ({labels}) ({newest(series(resource, matchers))}) - max by ({labels}) ({made})"
    if not part:
        return difference
    return f"max({difference} >= 0) or min({difference})"
