"""Schema v2: the same dashboards, nothing lost, and sections that are shown where they have data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboards import panels, panels_and_rows, variables
from grafana import schema_v2
from grafana.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CLASSIC = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}
V2 = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json-v2").iterdir())}


def rows(resource: dict[str, Any]) -> list[dict[str, Any]]:
    return [row["spec"] for row in resource["spec"]["layout"]["spec"]["rows"]]


def items(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in rows(resource):
        yield from (item["spec"] for item in row["layout"]["spec"]["items"])


def test_every_dashboard_is_there_in_both_schemas() -> None:
    assert list(V2) == list(CLASSIC)
    assert {each["apiVersion"] for each in V2.values()} == {"dashboard.grafana.app/v2"}
    assert [each["metadata"]["name"] for each in V2.values()] == list(CLASSIC)


def test_the_committed_json_is_what_the_generator_writes() -> None:
    assert main(["--check", "--schema", "v2"]) == 0


@pytest.mark.parametrize("uid", V2)
def test_panels_keep_what_they_ask_and_show(uid: str) -> None:
    elements = V2[uid]["spec"]["elements"]
    assert len(elements) == len(panels(CLASSIC[uid]))
    for panel in panels(CLASSIC[uid]):
        spec = elements[f"panel-{panel['id']}"]["spec"]
        assert (spec["id"], spec["title"], spec["description"]) == (
            panel["id"],
            panel["title"],
            panel["description"],
        )
        queries = [query["spec"] for query in spec["data"]["spec"]["queries"]]
        assert [query["query"]["spec"]["expr"] for query in queries] == [
            target["expr"] for target in panel["targets"]
        ]
        assert [query["refId"] for query in queries] == [target["refId"] for target in panel["targets"]]
        shown = spec["vizConfig"]
        assert (shown["group"], shown["spec"]["fieldConfig"]) == (panel["type"], panel["fieldConfig"])
        assert spec["data"]["spec"]["queryOptions"].get("timeFrom") == panel.get("timeFrom")


@pytest.mark.parametrize("uid", V2)
def test_every_panel_has_one_place(uid: str) -> None:
    placed = [item["element"]["name"] for item in items(V2[uid])]
    assert sorted(placed) == sorted(V2[uid]["spec"]["elements"])
    for row in rows(V2[uid]):
        assert min(item["spec"]["y"] for item in row["layout"]["spec"]["items"]) == 0
    titles = [each["title"] for each in panels_and_rows(CLASSIC[uid]) if each["type"] == "row"]
    assert [row["title"] for row in rows(V2[uid]) if row["title"]] == titles


@pytest.mark.parametrize("uid", V2)
def test_variables_are_the_pages_own_and_those_of_its_sections(uid: str) -> None:
    own = [each["spec"]["name"] for each in V2[uid]["spec"]["variables"]]
    needed = [name for name in own if name.startswith("has_")]
    assert [name for name in own if name not in needed] == list(variables(CLASSIC[uid]))
    asked = [
        item["spec"]["variable"]
        for row in rows(V2[uid])
        for item in row.get("conditionalRendering", {"spec": {"items": []}})["spec"]["items"]
    ]
    assert asked == needed


def test_what_a_variable_takes_out_of_an_answer_is_kept() -> None:
    (mean,) = [
        each for each in V2["virtcast-insights"]["spec"]["variables"] if each["spec"]["name"] == "mean"
    ]
    assert mean["spec"]["regex"] == variables(CLASSIC["virtcast-insights"])["mean"]["regex"] != ""


def test_what_is_closed_in_the_classic_schema_is_shown_where_it_has_data() -> None:
    closed = [row for row in CLASSIC["virtcast-storage"]["panels"] if row.get("collapsed")]
    assert [row["title"] for row in closed] == [
        "LVM thin pools and volumes",
        "Backups, checkpoints and snapshots",
    ]
    assert all(row["panels"] for row in closed)
    (volumes, protection) = rows(V2["virtcast-storage"])[-2:]
    assert not volumes["collapse"]
    (condition,) = protection["conditionalRendering"]["spec"]["items"]
    assert condition["spec"] == {"variable": "has_40", "operator": "notEquals", "value": ""}


def test_repeated_panels_are_repeated() -> None:
    repeated = [item["repeat"]["value"] for item in items(V2["virtcast-vm"]) if "repeat" in item]
    assert repeated == ["vm_filesystem", "vm_disk_allocation"]


def test_what_the_schema_does_not_read_is_refused() -> None:
    resource = json.loads(json.dumps(V2["virtcast-vm"]))
    resource["spec"]["descripton"] = "misspelt"
    resource["spec"]["timeSettings"]["form"] = "now-6h"
    said = r"virtcast-vm is not what schema v2 reads from it: \['\.descripton', '\.timeSettings\.form'\]"
    with pytest.raises(ValueError, match=said):
        schema_v2.encode(resource)
