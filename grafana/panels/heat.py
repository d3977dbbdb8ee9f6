"""How values are spread over time: a column of cells for each moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import heatmap
from grafana_foundation_sdk.models import heatmap as options
from grafana_foundation_sdk.models.common import TooltipDisplayMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.panels.card import targets, titled

if TYPE_CHECKING:
    from grafana.panels.card import Card, Query

SHORTEST = "1m"  # a column holds several scrapes, so that counters increase in it
CELLS = 60  # columns at most, so that a cell can be pointed at


def heat(card: Card, query: Query) -> heatmap.Panel:
    """The buckets of a histogram, by `le`; the card's unit is that of the buckets."""
    colored = heatmap.HeatmapColorOptions().mode(options.HeatmapColorMode.SCHEME).scheme("Blues").steps(32)
    panel = titled(heatmap.Panel(), card).max_data_points(CELLS).interval(SHORTEST)
    panel.targets([each.range().format(PromQueryFormat.HEATMAP) for each in targets([query])])
    return (
        panel.color(colored.fill("dark-blue").exponent(0.5).reverse(False).min(0))
        .y_axis(heatmap.YAxisConfig().unit(card.unit).axis_border_show(False))
        .cell_values(heatmap.CellValues().unit("short"))
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .tooltip(
            heatmap.HeatmapTooltip().mode(TooltipDisplayMode.SINGLE).y_histogram(False).show_color_scale(True)
        )
        .cell_gap(1)
    )
