"""Panel builders with the house style; each call of one is one panel on a page."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, FieldColorModeId
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.statetimeline import Options

from grafana.style import NEUTRAL, Steps, properties, thresholds
from grafana.variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

P = TypeVar("P", timeseries.Panel, stat.Panel, table.Panel, bargauge.Panel, statetimeline.Panel)
CONNECT_GAPS_MS = 300_000  # a missed scrape is no gap; five minutes without data are


@dataclass(frozen=True)
class Query:
    """PromQL and how its series are called; references (A, B, …) follow the order in the panel."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Card:
    """What every panel has. The number is the panel's id, in links to it: never reuse or change one."""

    number: int
    title: str
    unit: str
    description: str
    empty: str = "No data"


@dataclass(frozen=True)
class Column:
    """A table column: the field it shows, its header, and its field overrides."""

    field: str
    header: str
    style: Mapping[str, object]


def _targets(queries: Sequence[Query]) -> list[Dataquery]:
    return [
        Dataquery().ref_id(ref).expr(query.expr).legend_format(query.legend)
        for ref, query in zip(ascii_uppercase, queries, strict=False)
    ]


def _titled(panel: P, card: Card) -> P:
    panel.id(card.number).title(card.title).description(card.description).unit(card.unit)
    panel.datasource(DATASOURCE).no_value(card.empty)
    return panel


def _at_now(panel: P) -> P:
    """Instant queries run at the end of the range, which may lie ahead; a time of its own ends at now."""
    return panel.time_from("1h").hide_time_override(True)


def override(panel: P, styles: Mapping[str, Mapping[str, object]]) -> P:
    """Give series or columns, by the name shown, a style of their own."""
    for name, style in styles.items():
        panel.override_by_name(name, properties(style))
    return panel


def timeline(card: Card, *queries: Query, from_zero: bool = True) -> timeseries.Panel:
    """Lines over the page's time range; `from_zero` shows the axis down to 0."""
    panel = _titled(timeseries.Panel(), card).targets([target.range() for target in _targets(queries)])
    legend = common.VizLegendOptions().display_mode(options.LegendDisplayMode.LIST).show_legend(True)
    if from_zero:
        panel.axis_soft_min(0)
    tooltip = common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI)
    return (
        panel.line_width(1.5)
        .fill_opacity(0)
        .show_points(options.VisibilityMode.NEVER)
        .span_nulls(CONNECT_GAPS_MS)
        .axis_border_show(False)
        .legend(legend.placement(options.LegendPlacement.BOTTOM).calcs([]))
        .tooltip(tooltip.sort(options.SortOrder.DESCENDING))
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    )


def figures(
    card: Card,
    *queries: Query,
    steps: Steps = NEUTRAL,
    many: bool = False,
    text: options.BigValueTextMode = options.BigValueTextMode.VALUE,
) -> stat.Panel:
    """One big number as of now, or several with their names: of several queries, or of `many` series."""
    panel = _at_now(_titled(stat.Panel(), card)).targets([target.instant() for target in _targets(queries)])
    if many or len(queries) > 1:
        text = options.BigValueTextMode.VALUE_AND_NAME
    return (
        panel.text_mode(text)
        .graph_mode(options.BigValueGraphMode.NONE)
        .color_mode(options.BigValueColorMode.VALUE)
        .wide_layout(False)
        .justify_mode(options.BigValueJustifyMode.CENTER)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        .thresholds(thresholds(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )


def top(card: Card, query: Query, steps: Steps) -> bargauge.Panel:
    """Bars, longest first, as of now; `query` does the sorting."""
    panel = _at_now(_titled(bargauge.Panel(), card)).targets(
        [target.instant() for target in _targets([query])]
    )
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
        .max(1)
    )


def listing(
    card: Card,
    queries: Sequence[Query],
    columns: Sequence[Column],
    sort: str,
    *,
    descending: bool = True,
    empty: str,
) -> table.Panel:
    """A table as of now: the queries' rows merged on the labels they share, the columns in the order given.

    `sort` is a column's field. A table without rows shows an empty head only: where the first query gives
    none, there is one that says so, in the column `empty`, a label.
    """
    panel = _at_now(_titled(table.Panel(), card))
    nothing = f'label_replace(absent({queries[0].expr}), "{empty}", "{card.empty}", "", "")'
    queries = (*queries, Query(nothing))
    panel.targets([target.instant().format(PromQueryFormat.TABLE) for target in _targets(queries)])
    steps: list[tuple[str, object]] = [
        ("merge", {}),
        ("filterFieldsByName", {"include": {"names": [column.field for column in columns]}}),
        ("organize", {"indexByName": {column.field: index for index, column in enumerate(columns)}}),
        ("sortBy", {"sort": [{"field": sort, "desc": descending}]}),
    ]
    panel.transformations([DataTransformerConfig(id_val=name, options=settings) for name, settings in steps])
    panel.cell_height(options.TableCellHeight.SM).filterable(False).thresholds(thresholds(NEUTRAL))
    panel.min_width(50)
    return override(panel, {column.field: _column_style(column) for column in columns})


def _column_style(column: Column) -> dict[str, object]:
    return {"displayName": column.header, "noValue": "-", **column.style}


def states(card: Card, query: Query) -> statetimeline.Panel:
    """Coloured spans over the page's time range, a row for each series."""
    panel = _titled(statetimeline.Panel(), card).targets([target.range() for target in _targets([query])])
    timeline_options = panel.build().options
    if isinstance(timeline_options, Options):
        timeline_options.per_page = (
            0  # no pages of rows; the builder has no word for it that survives decoding
        )
    return (
        panel.merge_values(True)
        .show_value(options.VisibilityMode.AUTO)
        .row_height(0.8)
        .fill_opacity(75)
        .line_width(0)
        .align_value(options.TimelineValueAlignment.LEFT)
        .legend(
            common.VizLegendOptions()
            .show_legend(False)
            .display_mode(options.LegendDisplayMode.HIDDEN)
            .placement(options.LegendPlacement.BOTTOM)
            .calcs([])
        )
    )
