"""Bars as of now, for a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import bargauge, common
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.panels.card import at_now, targets, titled
from grafana.style.thresholds import thresholds

if TYPE_CHECKING:
    from grafana.panels.card import Card, Query
    from grafana.style.thresholds import Steps


# Grafana makes the column of names as wide as the one with most letters, which may be the narrowest of them.
ROOM = " " * 4  # is measured, and takes no place


def bars(card: Card, query: Query, steps: Steps) -> bargauge.Panel:
    """A bar for each series, in the order of the query's answer, from 0 on."""
    panel = at_now(titled(bargauge.Panel(), card), [query.expr])
    panel.targets([target.instant() for target in targets([query])])
    return (
        panel.orientation(options.VizOrientation.HORIZONTAL)
        .display_mode(options.BarGaugeDisplayMode.BASIC)
        .value_mode(options.BarGaugeValueMode.TEXT)
        .name_placement(options.BarGaugeNamePlacement.LEFT)
        .sizing(options.BarGaugeSizing.MANUAL)
        .min_viz_height(16)
        .max_viz_height(22)
        .show_unfilled(True)
        .text(common.VizTextDisplayOptions().title_size(12).value_size(14))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        .thresholds(thresholds(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .min(0)
    )
