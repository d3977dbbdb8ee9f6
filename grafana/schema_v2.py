"""From the classic schema to schema v2, in which Grafana 13 stores dashboards; one source makes both.

Panels keep their options and field configuration. What v2 adds: a section whose data a fleet does not have is
not shown, where the classic schema can only fold it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboardv2 import Dashboard as DashboardV2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Json = dict[str, Any]

API_VERSION = "dashboard.grafana.app/v2"
CURSORS = ("Off", "Crosshair", "Tooltip")  # by graphTooltip
HIDDEN = ("dontHide", "hideLabel", "hideVariable")
REFRESH = ("never", "onDashboardLoad", "onTimeRangeChanged")
SORTED = (
    "disabled",
    "alphabeticalAsc",
    "alphabeticalDesc",
    "numericalAsc",
    "numericalDesc",
    "alphabeticalCaseInsensitiveAsc",
    "alphabeticalCaseInsensitiveDesc",
    "naturalAsc",
    "naturalDesc",
)
SOURCE = {"name": "${datasource}"}
OPTIONS = ("timeFrom", "timeShift", "maxDataPoints", "interval", "hideTimeOverride")
# What a variable asks is the data source's own affair: the SDK reads it as a query of a panel, and loses it.
OPAQUE = re.compile(r"\.variables\[\d+\]\.spec\.query\.spec\.(query|qryType)")
OWN_QUERY_KEYS = ("refId", "datasource", "hide")


def converted(classic: Mapping[str, Any], needs: Mapping[int, str]) -> Json:
    """The resource with the dashboard. `needs` are the PromQL expressions without whose series a section has
    nothing to show, by the section's id.
    """
    spec = {
        "title": classic["title"],
        "description": classic["description"],
        "tags": classic["tags"],
        "cursorSync": CURSORS[classic["graphTooltip"]],
        "preload": False,
        "editable": True,
        "links": [_link(each) for each in classic["links"]],
        "timeSettings": _times(classic),
        "variables": [*map(_variable, classic["templating"]["list"]), *_presences(classic, needs)],
        "annotations": [_annotation(each) for each in classic["annotations"]["list"]],
        "elements": {_element(each): _panel(each) for each in _panels(classic["panels"])},
        "layout": {"kind": "RowsLayout", "spec": {"rows": list(_rows(classic["panels"], needs))}},
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "Dashboard",
        "metadata": {"name": classic["uid"]},
        "spec": spec,
    }


def encode(resource: Mapping[str, Any]) -> str:
    """The resource's JSON; ValueError where the schema's own reader loses something."""
    read = json.loads(json.dumps(DashboardV2.from_json(resource["spec"]), cls=_Encoder))
    lost = sorted(each for each in _differences(resource["spec"], read) if not OPAQUE.fullmatch(each))
    if lost:
        raise ValueError(f"{resource['metadata']['name']} is not what schema v2 reads from it: {lost}")
    return json.dumps(resource, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class _Encoder(JSONEncoder):
    """The SDK (0.0.21) reads some texts as sets of one."""

    def default(self, o: object) -> object:
        return next(iter(o)) if isinstance(o, set) else super().default(o)


def _differences(given: Any, read: Any, at: str = "") -> Iterable[str]:
    """Where values that were given are not read again."""
    if isinstance(given, dict) and isinstance(read, dict):
        for key, value in given.items():
            yield from _differences(value, read.get(key), f"{at}.{key}")
    elif isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        for number, (mine, theirs) in enumerate(zip(given, read, strict=True)):
            yield from _differences(mine, theirs, f"{at}[{number}]")
    elif given != read:
        yield at


def _times(classic: Mapping[str, Any]) -> Json:
    return {
        "from": classic["time"]["from"],
        "to": classic["time"]["to"],
        "autoRefresh": classic["refresh"],
        "autoRefreshIntervals": ["1s", "5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
        "timezone": classic["timezone"],
        "hideTimepicker": False,
        "fiscalYearStartMonth": 0,
    }


def _link(link: Json) -> Json:
    keys = (
        "title",
        "type",
        "icon",
        "tooltip",
        "url",
        "tags",
        "asDropdown",
        "targetBlank",
        "includeVars",
        "keepTime",
    )
    return {key: link[key] for key in keys}


def _query(spec: Json) -> Json:
    return {"kind": "DataQuery", "group": "prometheus", "version": "v0", "datasource": SOURCE, "spec": spec}


def _variable(variable: Json) -> Json:
    shared = {
        "name": variable["name"],
        "label": variable.get("label", ""),
        "hide": HIDDEN[variable.get("hide", 0)],
        "skipUrlSync": False,
        "current": variable.get("current") or {"text": "", "value": ""},
        "options": [],
        "multi": variable.get("multi", False),
        "includeAll": variable.get("includeAll", False),
        "regex": variable.get("regex", ""),
        "allowCustomValue": True,
    }
    if variable["type"] == "adhoc":
        own = {key: shared[key] for key in ("name", "label", "hide", "skipUrlSync", "allowCustomValue")}
        lists: Json = {"baseFilters": [], "filters": [], "defaultKeys": []}
        spec = {**own, **lists, "description": variable["description"]}
        return {"kind": "AdhocVariable", "group": "prometheus", "datasource": SOURCE, "spec": spec}
    if variable["type"] == "datasource":
        spec = {**shared, "pluginId": variable["query"], "refresh": "onDashboardLoad"}
        return {"kind": "DatasourceVariable", "spec": spec}
    spec = {
        **shared,
        "description": variable["description"],
        "definition": variable["definition"],
        "query": _query(variable["query"]),
        "refresh": REFRESH[variable["refresh"]],
        "sort": SORTED[variable["sort"]],
    }
    if variable.get("staticOptions"):
        spec["staticOptions"] = variable["staticOptions"]
    if variable.get("allValue"):
        spec["allValue"] = variable["allValue"]
    return {"kind": "QueryVariable", "spec": spec}


def _presence_name(section: int) -> str:
    return f"has_{section}"


def _presences(classic: Mapping[str, Any], needs: Mapping[int, str]) -> Iterator[Json]:
    """Of each section its variable. Grafana asks at the end of the time range, which may lie ahead."""
    ahead = classic["time"]["to"] != "now"
    for section, expr in needs.items():
        yield _presence(section, f"max_over_time(({expr})[$__range:5m])" if ahead else expr)


def _presence(section: int, expr: str) -> Json:
    """A hidden variable that has a value where the series of an expression exist."""
    name, text = _presence_name(section), f"query_result({expr})"
    return _variable(
        {
            "type": "query",
            "name": name,
            "description": "Whether the section has anything to show.",
            "definition": text,
            "query": {"query": text, "refId": name, "qryType": 3},
            "hide": 2,
            "refresh": 2,
            "sort": 0,
        }
    )


def _annotation(mark: Json) -> Json:
    """Keys that v2 has no name for stand below `legacyOptions`, as Grafana's own conversion has it."""
    own: Json = {key: mark[key] for key in ("enable", "hide", "iconColor", "name") if key in mark}
    rest = {
        key: value
        for key, value in mark.items()
        if key not in {*own, "datasource", "expr", "builtIn", "target"}
    }
    query = _query({"expr": mark["expr"], "refId": "Anno"})
    spec = {"enable": True, "hide": False, **own, "query": query, "builtIn": False, "legacyOptions": rest}
    return {"kind": "AnnotationQuery", "spec": spec}


def _panels(panels: Iterable[Json]) -> Iterable[Json]:
    """All but the rows, those inside folded rows, too."""
    for panel in panels:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def _element(panel: Json) -> str:
    return f"panel-{panel['id']}"


def _panel(panel: Json) -> Json:
    queries = [
        {
            "kind": "PanelQuery",
            "spec": {
                "refId": target["refId"],
                "hidden": target.get("hide", False),
                "query": _query({key: value for key, value in target.items() if key not in OWN_QUERY_KEYS}),
            },
        }
        for target in panel["targets"]
    ]
    transformations = [
        {
            "kind": "Transformation",
            "group": each["id"],
            "spec": {key: each[key] for key in ("options", "filter") if key in each},
        }
        for each in panel.get("transformations", [])
    ]
    shown = {"options": panel.get("options", {}), "fieldConfig": panel["fieldConfig"]}
    spec = {
        "id": panel["id"],
        "title": panel["title"],
        "description": panel["description"],
        "links": [],
        "data": {
            "kind": "QueryGroup",
            "spec": {
                "queries": queries,
                "transformations": transformations,
                "queryOptions": {key: panel[key] for key in OPTIONS if key in panel},
            },
        },
        "vizConfig": {"kind": "VizConfig", "group": panel["type"], "version": "", "spec": shown},
    }
    return {"kind": "Panel", "spec": spec}


def _rows(panels: Iterable[Json], needs: Mapping[int, str]) -> Iterable[Json]:
    """A row for each section; panels before the first title are a row without a head."""
    row: Json | None = None
    held: list[Json] = []
    for panel in panels:
        if panel["type"] == "row":
            if row or held:
                yield _row(row, held, needs)
            row, held = panel, list(panel["panels"])
        else:
            held.append(panel)
    yield _row(row, held, needs)


def _row(row: Json | None, held: list[Json], needs: Mapping[int, str]) -> Json:
    top = min((panel["gridPos"]["y"] for panel in held), default=0)
    layout = {"kind": "GridLayout", "spec": {"items": [_item(panel, top) for panel in held]}}
    if row is None:
        return {
            "kind": "RowsLayoutRow",
            "spec": {"title": "", "hideHeader": True, "collapse": False, "layout": layout},
        }
    spec = {"title": row["title"], "collapse": row["collapsed"], "layout": layout}
    if row["id"] in needs:
        spec |= {"collapse": False, "conditionalRendering": _where_present(row["id"])}
    return {"kind": "RowsLayoutRow", "spec": spec}


def _where_present(section: int) -> Json:
    present = {"variable": _presence_name(section), "operator": "notEquals", "value": ""}
    items = [{"kind": "ConditionalRenderingVariable", "spec": present}]
    spec = {"visibility": "show", "condition": "and", "items": items}
    return {"kind": "ConditionalRenderingGroup", "spec": spec}


def _item(panel: Json, top: int) -> Json:
    at = panel["gridPos"]
    spec = {
        "x": at["x"],
        "y": at["y"] - top,
        "width": at["w"],
        "height": at["h"],
        "element": {"kind": "ElementReference", "name": _element(panel)},
    }
    if repeated := panel.get("repeat"):
        spec["repeat"] = {
            "mode": "variable",
            "value": repeated,
            "direction": panel["repeatDirection"],
            "maxPerRow": panel["maxPerRow"],
        }
    return {"kind": "GridLayoutItem", "spec": spec}
