"""Big numbers as of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import common, stat
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana.panels.card import at_now, style_series, targets, titled
from grafana.style.mappings import unknown
from grafana.style.thresholds import NEUTRAL, Steps, thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana_foundation_sdk.models.dashboard import ValueMap

    from grafana.panels.card import Card, Query
    from grafana.style.fields import Style


# A panel as wide as half a page: words that say why it is empty are no headline.
WIDE = common.VizTextDisplayOptions().value_size(36)


def figures(
    card: Card,
    *queries: Query,
    steps: Steps = NEUTRAL,
    many: bool = False,
    styles: Mapping[str, Style] | None = None,
    words: ValueMap | None = None,
) -> stat.Panel:
    """One number, or several with their names: of several queries, or of `many` series. `words` stand for
    values.
    """
    panel = at_now(titled(stat.Panel(), card), [query.expr for query in queries])
    panel.targets([target.instant() for target in targets(queries)])
    named = many or len(queries) > 1
    mode = options.BigValueTextMode.VALUE_AND_NAME if named else options.BigValueTextMode.VALUE
    panel = (
        panel.text_mode(mode)
        .graph_mode(options.BigValueGraphMode.NONE)
        .color_mode(options.BigValueColorMode.VALUE)
        .wide_layout(False)
        .justify_mode(options.BigValueJustifyMode.CENTER)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        .thresholds(thresholds(steps))
        .mappings([*([words] if words else []), unknown(card.empty)])
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    return style_series(panel, card, queries, styles or {})
