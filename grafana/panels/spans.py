"""Coloured spans over the page's time range, a row for each series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import common, statetimeline
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.statetimeline import Options

from grafana.panels.card import targets, titled, with_empty
from grafana.panels.timeline import MANY

if TYPE_CHECKING:
    from grafana.panels.card import Card, Query


def spans(card: Card, query: Query, rows: str, source: tuple[str, str] = ("", "")) -> statetimeline.Panel:
    """The states of each series; give the panel a mapping from values to short words."""
    asked = targets(with_empty(query, card, rows, source))
    panel = titled(statetimeline.Panel(), card).targets([target.range() for target in asked])
    all_rows = panel.build().options
    if isinstance(all_rows, Options):
        all_rows.per_page = 0  # no pages of rows; the builder has no word for it that survives decoding
    legend = common.VizLegendOptions().show_legend(False).display_mode(options.LegendDisplayMode.HIDDEN)
    return (
        panel.max_data_points(MANY)
        .merge_values(True)
        .show_value(options.VisibilityMode.AUTO)
        .row_height(0.8)
        .fill_opacity(75)
        .line_width(0)
        .align_value(options.TimelineValueAlignment.LEFT)
        .legend(legend.placement(options.LegendPlacement.BOTTOM).calcs([]))
    )
