"""The forecast panel: what is, what is normal, and what comes, in one picture per resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.publish import metrics
from grafana.page import Band, Placed, RowIds, Section, flow
from grafana.panels.card import Card, Query
from grafana.panels.timeline import timeline
from grafana.queries import forecasts
from grafana.queries.forecasts import EARLY, EXPECTED, LASTS, LATE, LOWER, MEDIAN, UPPER, WITHIN, newest
from grafana.resources import in_parts, series, unit, whole
from grafana.style import colors, fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grafana_foundation_sdk.builders import timeseries

    from forecaster.config.resource import Resource
    from grafana.style.fields import Style

DESCRIPTION = (
    "Blue: the actual value. Light band: the normal range at each moment, learned from the past of the "
    "series; a value outside it is unusual. Orange: the forecast made the chosen time ahead, with the band "
    f"that holds {WITHIN} of the outcomes. Red: the limit; where the forecast reaches it, the resource runs "
    "out. Dots: an anomaly began, grew or lasted then."
)
HIDDEN: Style = {"custom.hideFrom": {"legend": True, "tooltip": False, "viz": False}}
NO_LINE: Style = {"custom.lineWidth": 0}
NO_AREA: Style = {"custom.fillOpacity": 0}
BAND: Style = {**NO_LINE, "custom.fillOpacity": 18}
NORMAL_LOW, NORMAL, FORECAST_LOW, FORECAST_HIGH = (
    "Normal, low",
    "Normal",
    "Forecast, low",
    f"Forecast, {WITHIN} range",
)


def _line(width: int, color: str, dashes: Style | None = None) -> Style:
    pattern: Style = {"custom.lineStyle": dashes} if dashes else {}
    return {"custom.lineWidth": width, **NO_AREA, **pattern, **fields.fixed(color)}


# Series by name, from the lowest layer up. A band is the upper series, filled down to the lower one.
STYLES: Mapping[str, Style] = {
    NORMAL_LOW: {**NO_LINE, **NO_AREA, **HIDDEN, **fields.fixed(colors.NORMAL)},
    NORMAL: {**BAND, "custom.fillBelowTo": NORMAL_LOW, **fields.fixed(colors.NORMAL)},
    "Expected": _line(1, colors.NORMAL, fields.DOTS),
    "Actual": _line(2, colors.ACTUAL),
    FORECAST_LOW: {**NO_LINE, **NO_AREA, **HIDDEN, **fields.fixed(colors.FORECAST)},
    FORECAST_HIGH: {**BAND, "custom.fillBelowTo": FORECAST_LOW, **fields.fixed(colors.FORECAST)},
    "Forecast": _line(2, colors.FORECAST, fields.DASHES),
    "Limit": _line(1, colors.LIMIT, fields.DASHES),
    "Anomaly": {
        "custom.drawStyle": "points",
        "custom.showPoints": "always",
        "custom.pointSize": 7,
        **fields.fixed(colors.ANOMALY),
    },
}


def bands(resources: Sequence[Resource], ids: RowIds, matchers: str) -> list[Band]:
    """Any number of resources that are not in parts, two side by side."""
    return flow(9, [Placed(ids.of(each.name), forecast(each, matchers)) for each in whole(resources)], most=2)


def parts(resources: Sequence[Resource], sections: RowIds, ids: RowIds, matchers: str) -> list[Section]:
    """A section for each resource in parts, because panels grow with the number of parts."""
    return [
        Section(
            f"{each.title}: normal range and forecast",
            sections.of(each.name),
            [Band(8, [Placed(ids.of(each.name), forecast(each, matchers))])],
            needs=f"count({series(each, matchers)})",
        )
        for each in in_parts(resources)
    ]


def forecast(resource: Resource, matchers: str) -> timeseries.Panel:
    """One resource of one VM or host; of one in parts a panel for each of them, side by side."""
    variable = f"${resource.name}" if resource.display.part else ""
    exprs = _exprs(resource, f'{matchers}, {resource.display.part}=~"{variable}"' if variable else matchers)
    card = Card(
        f"{resource.title}: {variable}" if variable else resource.title,
        unit(resource),
        f"{resource.display.about} {DESCRIPTION}".strip(),
        resource.display.absent,
    )
    queries = [Query(exprs[name], name) for name in STYLES]
    panel = timeline(card, *queries, styles=STYLES, from_zero=resource.display.from_zero)
    return panel.repeat(resource.name).repeat_direction("h").max_per_row(2) if variable else panel


def _exprs(resource: Resource, which: str) -> dict[str, str]:
    """PromQL by the name of its series; `max` joins the hosts of a VM that moves."""
    mine = f'resource="{resource.name}", {which}'
    actual = f"max({newest(series(resource, which))})"

    def ahead(quantile: float) -> str:
        gauge = f'{metrics.FORECAST.name}{{horizon="$ahead", quantile="{quantile}", {mine}}}'
        made = newest(gauge, " offset $ahead")
        return f"{possible(f'max({made})')} unless {actual}"

    def bound(name: str) -> str:
        gauge = f'{metrics.BASELINE.name}{{bound="{name}", {mine}}}'
        return possible(f"max({newest(gauge)})")

    def possible(expr: str) -> str:
        """A trend drawn far ahead passes what there is: cut, so that it does not squeeze the picture."""
        if resource.shares:
            return f"clamp({expr}, 0, 1)"
        return f"clamp_min({expr}, 0)" if resource.display.unit else expr  # no such amount is negative

    return {
        NORMAL_LOW: bound(LOWER),
        NORMAL: bound(UPPER),
        "Expected": bound(EXPECTED),
        "Actual": actual,
        FORECAST_LOW: ahead(EARLY),
        FORECAST_HIGH: ahead(LATE),
        "Forecast": ahead(MEDIAN),
        # The highest of a step: an anomaly of minutes is seen over weeks, too.
        "Anomaly": f"{actual} and max(max_over_time({forecasts.score(mine)}[$__rate_interval])) >= {LASTS}",
        "Limit": f"max(last_over_time({metrics.LIMIT.name}{{{mine}}}[$ahead]))",  # drawn on, ahead of now
    }
