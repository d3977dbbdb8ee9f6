"""The forecast panel: what is, what is normal, and what comes, in one picture per resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import style
from grafana.panels import Card, Query, override, timeline
from grafana.resources import THIS_VM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana_foundation_sdk.builders import timeseries

    from grafana.resources import Resource

DESCRIPTION = (
    "Blue: what is used. Light band: what was normal for each moment, learned from its own past; outside "
    "of it is unusual. Orange: the forecast made as long before as it is drawn ahead, with the range it "
    "holds in eight of ten cases; where it meets the red limit, the resource runs out."
)
HIDDEN = {"legend": True, "tooltip": False, "viz": False}
# Series by name, from the lowest layer up. A band is the upper series, filled down to the lower one.
STYLES: Mapping[str, Mapping[str, object]] = {
    "Normal, low": {
        "custom.lineWidth": 0,
        "custom.fillOpacity": 0,
        "custom.hideFrom": HIDDEN,
        **style.fixed(style.NORMAL),
    },
    "Normal": {
        "custom.lineWidth": 0,
        "custom.fillOpacity": 18,
        "custom.fillBelowTo": "Normal, low",
        **style.fixed(style.NORMAL),
    },
    "Expected": {
        "custom.lineWidth": 1,
        "custom.fillOpacity": 0,
        "custom.lineStyle": style.DOTS,
        **style.fixed(style.NORMAL),
    },
    "Used": {"custom.lineWidth": 2, "custom.fillOpacity": 0, **style.fixed(style.ACTUAL)},
    "Forecast, low": {
        "custom.lineWidth": 0,
        "custom.fillOpacity": 0,
        "custom.hideFrom": HIDDEN,
        **style.fixed(style.FORECAST),
    },
    "Forecast, 8 of 10": {
        "custom.lineWidth": 0,
        "custom.fillOpacity": 18,
        "custom.fillBelowTo": "Forecast, low",
        **style.fixed(style.FORECAST),
    },
    "Forecast": {
        "custom.lineWidth": 2,
        "custom.fillOpacity": 0,
        "custom.lineStyle": style.DASHES,
        **style.fixed(style.FORECAST),
    },
    "Limit": {
        "custom.lineWidth": 1,
        "custom.fillOpacity": 0,
        "custom.lineStyle": style.DASHES,
        **style.fixed(style.LIMIT),
    },
}


def recent(series: str, matchers: str, offset: str = "") -> str:
    """The newest value, no older than the rate interval: lines end at now, not where Prometheus gives up."""
    return f"max(last_over_time({series}{{{matchers}}}[$__rate_interval]{offset}))"


def possible(ratio: str) -> str:
    """A trend drawn far ahead passes what there is: cut, so that it does not squeeze the picture."""
    return f"clamp({ratio}, 0, 1)"


def forecast(resource: Resource, number: int, matchers: str = THIS_VM) -> timeseries.Panel:
    """Use, band, expected value, limit and forecast ahead; `max` joins the hosts of a VM that moves."""
    which = f'{matchers}, {resource.part}=~"${resource.part}"' if resource.part else matchers
    mine = f'resource="{resource.name}", {which}'
    used = recent(resource.metric, which)

    def ahead(quantile: str) -> str:
        matchers = f'horizon="$ahead", quantile="{quantile}", {mine}'
        return f"{possible(recent('virtcast_forecast_value', matchers, ' offset $ahead'))} unless {used}"

    def band(bound: str) -> str:
        return possible(recent("virtcast_baseline_value", f'bound="{bound}", {mine}'))

    exprs = {
        "Normal, low": band("lower"),
        "Normal": band("upper"),
        "Expected": band("expected"),
        "Used": used,
        "Forecast, low": ahead("0.1"),
        "Forecast, 8 of 10": ahead("0.9"),
        "Forecast": ahead("0.5"),
        "Limit": f"max(last_over_time(virtcast_limit_value{{{mine}}}[$ahead]))",  # drawn on, ahead of now
    }
    title = f"{resource.title}: ${resource.part}" if resource.part else resource.title
    card = Card(number, title, "percentunit", f"{resource.about} {DESCRIPTION}", resource.absent)
    panel = timeline(card, *(Query(expr, name) for name, expr in exprs.items()), from_zero=resource.from_zero)
    if resource.part:
        panel.repeat(resource.part).repeat_direction("v")
    return override(panel, STYLES)
