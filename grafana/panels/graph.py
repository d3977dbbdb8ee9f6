"""Circles in rows and the lines between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import nodegraph
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, MatcherConfig
from grafana_foundation_sdk.models.nodegraph import ZoomMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.panels.card import Query, at_now, targets, titled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grafana.panels.card import Card

WIDTH = 1100  # pixels that a row takes: a page in a window of 1280 shows them
APART = 170  # pixels from row to row
RADIUS = 14  # pixels: twenty circles stand side by side with their names
SHOWN = ("id", "title", "subtitle", "noderadius", "fixedx", "fixedy")


def graph(card: Card, rows: Sequence[str], edges: str) -> nodegraph.Panel:
    """Rows of nodes, from the top, each over the whole width: series with the labels id, title and subtitle;
    edges with id, source and target.

    Grafana's own layouts show a part of twenty nodes only: each node has a place of its own, which is
    computed, since PromQL does not count rows. The middle of the panel is (0, 0).
    """
    middle = (len(rows) - 1) / 2
    nodes = [_placed(row, round((number - middle) * APART)) for number, row in enumerate(rows)]
    panel = at_now(titled(nodegraph.Panel(), card), (*nodes, edges))
    asked = targets(map(Query, (*nodes, edges)))
    panel.targets([each.instant().format(PromQueryFormat.TABLE) for each in asked])
    panel.transformations(list(_places([str(each.build().ref_id) for each in asked[:-1]])))
    return panel.zoom_mode(ZoomMode.COOPERATIVE)


def _placed(nodes: str, y: int) -> str:
    """The nodes with all that is fixed in labels; the value is half of a node's share of the width, from the
    middle.
    """
    for label, value in (("noderadius", RADIUS), ("fixedy", y)):
        nodes = f'label_replace({nodes}, "{label}", "{value}", "", "")'
    nodes = f"max by (id, title, subtitle, noderadius, fixedy) ({nodes})"
    return f"0 * {nodes} + 0.5 / scalar(count({nodes})) - 0.5"


def _places(references: Sequence[str]) -> Iterator[DataTransformerConfig]:
    """Where each node stands in its row, and the rows as one table."""
    for reference in references:
        yield _step("sortBy", reference, {"sort": [{"field": "id"}]})
        place = {"mode": "index", "alias": "place", "index": {"asPercentile": True}}
        yield _step("calculateField", reference, place)
        yield _step("calculateField", reference, _computed("middle", "place", "+", f"Value #{reference}"))
        yield _step("calculateField", reference, _computed("fixedx", "middle", "*", WIDTH))
    every = f"/^({'|'.join(references)})$/"
    numbers = [{"targetField": name, "destinationType": "number"} for name in ("fixedy", "noderadius")]
    yield _step("convertFieldType", every, {"conversions": numbers})
    yield _step("filterFieldsByName", every, {"include": {"names": list(SHOWN)}})
    yield _step("merge", every, {})


def _step(name: str, reference: str, settings: object) -> DataTransformerConfig:
    """A transformation of the answers to some of the queries."""
    matcher = MatcherConfig(id_val="byRefId", options=reference)
    return DataTransformerConfig(id_val=name, filter_val=matcher, options=settings)


def _computed(alias: str, left: str, operator: str, right: str | int) -> object:
    other = {"fixed": str(right)} if isinstance(right, int) else _named(right)
    return {
        "mode": "binary",
        "alias": alias,
        "binary": {"left": _named(left), "operator": operator, "right": other},
    }


def _named(field: str) -> object:
    return {"matcher": {"id": "byName", "options": field}}
