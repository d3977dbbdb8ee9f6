"""Circles and the lines between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import nodegraph
from grafana_foundation_sdk.models.nodegraph import ZoomMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.panels.card import Query, at_now, targets, titled

if TYPE_CHECKING:
    from grafana.panels.card import Card


def graph(card: Card, nodes: str, edges: str) -> nodegraph.Panel:
    """Nodes with the labels id, title and subtitle; edges with id, source and target."""
    panel = at_now(titled(nodegraph.Panel(), card))
    asked = targets((Query(nodes), Query(edges)))
    panel.targets([each.instant().format(PromQueryFormat.TABLE) for each in asked])
    return panel.zoom_mode(ZoomMode.COOPERATIVE)
