"""Lines over the page's time range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.panels.card import style_series, targets, titled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana.panels.card import Card, Query
    from grafana.style.fields import Style

MANY = 240  # points of each series where a query reads those of many VMs or hosts
CONNECT_GAPS_MS = 300_000  # a missed scrape is no gap; five minutes without data are


def timeline(
    card: Card,
    *queries: Query,
    styles: Mapping[str, Style] | None = None,
    from_zero: bool = True,
    points: int = 0,
) -> timeseries.Panel:
    """`styles` are the series' own, by the name shown; `from_zero` shows the axis down to 0; `points` is how
    many a series has at most, else one a pixel.
    """
    panel = titled(timeseries.Panel(), card).targets([target.range() for target in targets(queries)])
    legend = common.VizLegendOptions().display_mode(options.LegendDisplayMode.LIST).show_legend(True)
    side = options.LegendPlacement.BOTTOM
    if points:
        panel.max_data_points(points)
        side = options.LegendPlacement.RIGHT  # below, the names of twenty hosts leave no room for their lines
    if from_zero:
        panel.axis_soft_min(0)
    tooltip = common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI)
    panel = (
        panel.line_width(1.5)
        .fill_opacity(0)
        .show_points(options.VisibilityMode.NEVER)
        .span_nulls(CONNECT_GAPS_MS)
        .axis_border_show(False)
        .legend(legend.placement(side).calcs([]))
        .tooltip(tooltip.sort(options.SortOrder.DESCENDING))
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    )
    return style_series(panel, card, queries, styles or {})
