"""Anomaly scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode

from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.timeline import timeline
from grafana.queries import forecasts
from grafana.queries.counts import together
from grafana.queries.selectors import JUDGED, OF_VMS, THIS_VM
from grafana.style import colors, fields
from grafana.style.thresholds import ABOVE_ONE, ANOMALY, ANY_IS_WARNING, thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders import stat, timeseries

    from forecaster.config.resource import Resource


def abnormal() -> stat.Panel:
    """As many as the table of them has rows; the page has the variable `lasting`."""
    card = Card(
        "Abnormal",
        "none",
        "How many resources of VMs have an anomaly score of 0.9 or more now. The table below names them.",
        "not known",
    )
    of = f"{OF_VMS}, {JUDGED}"
    lasts = f"{forecasts.lasting_score(of)} >= bool {forecasts.LASTS} or 0 * {forecasts.score(of)}"
    return figures(card, Query(together("", lasts)), steps=ANY_IS_WARNING)


def highest() -> stat.Panel:
    """Of one VM."""
    card = Card(
        "Anomaly",
        "none",
        "The highest anomaly score of the VM's resources. From 1 on, a resource behaves unlike its own past.",
        "no score",
    )
    return figures(card, Query(f"max({forecasts.score(THIS_VM)})"), steps=ANOMALY).decimals(1)


def by_resource(own: Sequence[Resource]) -> timeseries.Panel:
    """Of one VM."""
    card = Card(
        "Anomaly score",
        "none",
        "How unlike its own past each resource behaves: 0 is as expected; from 1 on, above the line, it is "
        "anomalous. Higher scores than 3 are drawn at 3.",
        "No score yet: the forecaster learns a new VM first",
    )
    score = f"max by (resource) ({forecasts.newest(forecasts.score(THIS_VM))})"
    palette = colors.told_apart(each.name for each in own)
    named = {each.name: {"displayName": each.title, **fields.fixed(palette[each.name])} for each in own}
    line = GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    panel = timeline(card, Query(f"clamp_max({score}, 3)", "{{resource}}"), styles=named)
    return panel.axis_soft_max(1.5).thresholds(thresholds(ABOVE_ONE)).thresholds_style(line)
