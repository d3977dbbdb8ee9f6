"""Dashboards' JSON, taken apart: panels, what they ask, and the columns of tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

# Pixels of letters of titles and headers, and of what stands beside those, as measured on pictures.
NARROW, MIDDLING, WIDE, LETTER = 4, 5, 11, 8
TITLE_BESIDE, HEADER_BESIDE = 88, 19
LEAST = 50  # pixels of a column
NOTHING = "nothing"  # the column that says why there are no rows
MARGINS, EDGES = 32, 26  # pixels that Grafana leaves empty beside all panels, and inside a panel of a table

# A value for each of the pages' variables, and of Grafana's own.
VALUES = {
    "$instance": ".+",
    "${provider:regex}": ".*",
    "${owner:regex}": ".*",
    "$owner": ".*",
    "${vms}": "()",  # of no value
    "${others}": ".*",
    "${domain}": ".*",
    "${domain:raw}": "db",
    "$resource": ".*",
    "${resource:regex}": ".*",
    "$horizon": "24h",
    "$ahead": "1h",
    "$vm_filesystem": "/",
    "$vm_disk_allocation": "vda",
    "$pool": "default",
    "$mean": ":avg5m",
    "$peak": ":max5m",
    "$lasting": ":lasting",
    "$anomalous": ":lasting",
    "${unrecorded}": "",
    "$sampled": "",
    "$halves": "",
    "$possible": "",
    "$scores": "",
    "$kept": ":avg1h",
    "${critical}": ".+",
    "$__rate_interval": "1m",
    "$__interval": "1m",
    "$__range": "1h",
    "$__range_s": "21600",
}


def panels_and_rows(page: Json) -> Iterator[Json]:
    """Everything with an id and a place, what is inside folded rows, too."""
    for each in page["panels"]:
        yield each
        yield from each.get("panels", ())


def panels(page: Json) -> list[Json]:
    """The panels without the rows' titles."""
    return [panel for panel in panels_and_rows(page) if panel["type"] != "row"]


def panel(page: Json, number: int) -> Json:
    """The panel with this id."""
    (found,) = [each for each in panels(page) if each["id"] == number]
    return found


def expressions(page: Json) -> Iterator[str]:
    """The PromQL of every panel, annotation and variable."""
    yield from (target["expr"] for each in panels(page) for target in each["targets"])
    yield from (mark["expr"] for mark in page["annotations"]["list"])
    for variable in variables(page).values():
        if variable["type"] == "query":
            yield variable_expression(variable)


def variable_expression(variable: Json) -> str:
    """The PromQL that a variable asks."""
    said = re.fullmatch(
        r"label_values\((.*), \w+\)|query_result\((.*)\)", variable["query"]["query"], re.DOTALL
    )
    assert said
    return said[1] or said[2]


def variables(page: Json) -> dict[str, Json]:
    """The page's variables by name."""
    return {variable["name"]: variable for variable in page["templating"]["list"]}


def filled_in(expression: str, values: Mapping[str, str] = VALUES) -> str:
    """PromQL with values for the variables."""
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(name, values[name])
    return expression


def styles(table: Json) -> dict[str, Json]:
    """The overrides of a panel by what they match."""
    return {
        override["matcher"]["options"]: {row["id"]: row["value"] for row in override["properties"]}
        for override in table["fieldConfig"]["overrides"]
    }


def panel_width(shown: Json, window: int) -> float:
    """Pixels of a panel on a page in a window of so many."""
    return float((window - MARGINS) * shown["gridPos"]["w"] / 24)


WIDTHS = dict.fromkeys("fijlI ,.:", NARROW) | dict.fromkeys("rt", MIDDLING) | dict.fromkeys("mwMW", WIDE)


def _pixels(text: str) -> int:
    return sum(WIDTHS.get(each, LETTER) for each in text)


def title_width(title: str) -> int:
    """Pixels of a panel's title and what stands beside it: the sign for the description, the menu."""
    return TITLE_BESIDE + _pixels(title)


def header_width(header: str) -> int:
    """Pixels that a column's header takes."""
    return HEADER_BESIDE + _pixels(header)


def column_widths(table: Json, window: int) -> dict[str, float]:
    """Pixels of each column by its header. Grafana gives columns without a width equal parts of the rest, but
    no less than their least width.
    """
    every = [style for field, style in styles(table).items() if field != NOTHING]
    fixed: float = sum(each.get("custom.width", 0) for each in every)
    sharing = sum("custom.width" not in each for each in every)
    rest = panel_width(table, window) - EDGES - fixed
    return {
        each["displayName"]: each.get("custom.width")
        or max(rest / sharing, each.get("custom.minWidth", LEAST))
        for each in every
    }


def nothing_width(table: Json, window: int) -> float:
    """Pixels of the column that says why a table has no rows: beside it there are those of values only."""
    beside = [style for field, style in styles(table).items() if field.startswith("Value")]
    fixed: float = sum(each.get("custom.width", 0) for each in beside)
    sharing = 1 + sum("custom.width" not in each for each in beside)
    return (panel_width(table, window) - EDGES - fixed) / sharing


def overhang(table: Json, window: int) -> float:
    """Pixels by which the columns are wider than the table on a page in a window of so many pixels."""
    return sum(column_widths(table, window).values()) + EDGES - panel_width(table, window)


def columns(table: Json) -> dict[str, str]:
    """What the columns of a table ask, by their headers; a label's column asks nothing."""
    asked = {f"Value #{target['refId']}": target["expr"] for target in table["targets"]}
    return {style["displayName"]: asked.get(field, "") for field, style in styles(table).items()}
