"""A row of coloured cells for each series, one for each moment: what many VMs did, in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import common, statushistory
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import FieldColorModeId
from grafana_foundation_sdk.models.statushistory import Options

from grafana.panels.card import targets, titled, with_empty
from grafana.style.thresholds import thresholds

if TYPE_CHECKING:
    from grafana.panels.card import Card, Query
    from grafana.style.thresholds import Steps

MOMENTS = 90  # cells of a row at most; more are too narrow to point at


def cells(
    card: Card, query: Query, steps: Steps, rows: str, source: tuple[str, str] = ("", "")
) -> statushistory.Panel:
    """Each value in its colour; rows in the order of the query's answer."""
    asked = targets(with_empty(query, card, rows, source))
    panel = titled(statushistory.Panel(), card).targets([each.range() for each in asked])
    every_row = panel.build().options
    if isinstance(every_row, Options):
        every_row.per_page = 0  # no pages of rows; see grafana/panels/spans.py
    legend = common.VizLegendOptions().show_legend(False).display_mode(options.LegendDisplayMode.LIST)
    return (
        panel.max_data_points(MOMENTS)
        .show_value(options.VisibilityMode.NEVER)
        .row_height(0.9)
        .col_width(0.98)
        .fill_opacity(85)
        .line_width(0)
        .legend(legend.placement(options.LegendPlacement.BOTTOM).calcs([]))
        .thresholds(thresholds(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
