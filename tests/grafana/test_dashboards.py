"""The committed dashboards: up to date, complete on every panel, and asking what Prometheus can parse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "grafana" / "generate.py"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}
VARIABLES = {
    "$instance": ".*",
    "$domain": "db-1",
    "$horizon": "24h",
    "$ahead": "1h",
    "$mountpoint": "/",
    "$target_device": "vda",
    "$pool": "default",
    "$__rate_interval": "1m",
}


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, GENERATOR, *arguments], capture_output=True, text=True, check=False
    )


def panels(uid: str) -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARDS[uid]["panels"] if panel["type"] != "row"]


def each_panel(kind: str = "") -> list[Any]:
    return [
        pytest.param(panel, id=f"{uid}-{panel['id']}")
        for uid in DASHBOARDS
        for panel in panels(uid)
        if kind in ("", panel["type"])
    ]


def expressions(uid: str) -> Iterator[str]:
    """The PromQL of every panel, annotation and variable, with Grafana's variables filled in."""
    page = DASHBOARDS[uid]
    yield from (target["expr"] for panel in panels(uid) for target in panel["targets"])
    yield from (mark["expr"] for mark in page["annotations"]["list"])
    for variable in page["templating"]["list"]:
        if variable["type"] == "query":
            yield re.sub(r"label_values\((.*), \w+\)", r"\1", variable["query"]["query"])


def filled_in(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def test_the_pages_have_their_stable_addresses() -> None:
    assert {uid: page["uid"] for uid, page in DASHBOARDS.items()} == {
        "virtcast-fleet": "virtcast-fleet",
        "virtcast-host": "virtcast-host",
        "virtcast-vm": "virtcast-vm",
    }


def test_the_committed_json_is_what_the_generator_writes() -> None:
    done = generate("--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_names_what_is_not_up_to_date(tmp_path: Path) -> None:
    assert generate("--output", str(tmp_path)).returncode == 0
    assert generate("--check", "--output", str(tmp_path)).returncode == 0
    page = tmp_path / "virtcast-vm.json"
    page.write_text(page.read_text().replace('"Memory"', '"memory"', 1))
    (tmp_path / "left-over.json").write_text("{}")
    done = generate("--check", "--output", str(tmp_path))
    assert done.returncode == 1
    assert "virtcast-vm.json" in done.stderr
    assert "left-over.json" in done.stderr
    assert "virtcast-fleet.json" not in done.stderr


def test_keys_that_the_schema_does_not_know_are_refused() -> None:
    program = """
from grafana import fleet
from grafana.layout import encode
from grafana.profile import PROFILES
page = fleet.dashboard(PROFILES["default"])
built = page.panels[0].to_json()
page.panels[0].to_json = lambda: built | {"descripton": "misspelt"}
encode(page)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "virtcast-fleet" in done.stderr
    assert "descripton" in done.stderr


def test_the_demo_profile_shows_minutes(tmp_path: Path) -> None:
    assert generate("--profile", "demo", "--output", str(tmp_path)).returncode == 0
    page = json.loads((tmp_path / "virtcast-vm.json").read_text())
    assert page["time"] == {"from": "now-15m", "to": "now+5m"}
    assert page["refresh"] == "5s"


@pytest.mark.parametrize("panel", each_panel())
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["title"].strip()
    assert len(panel["description"].split()) >= 5, "says what it shows and what to do"
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("panel", each_panel())
def test_a_panel_asks_for_now_or_for_the_range(panel: dict[str, Any]) -> None:
    """Instant queries run at the range's end, which may lie ahead of now: they have a time of their own."""
    kinds = {(target.get("instant", False), target.get("range", False)) for target in panel["targets"]}
    assert len(kinds) == 1
    instant, ranged = kinds.pop()
    assert instant != ranged
    own = panel.get("timeFrom")
    assert own is not None if instant else own is None or own in panel["title"]
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_ids_are_unique(uid: str) -> None:
    ids = [panel["id"] for panel in DASHBOARDS[uid]["panels"]]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_panels_do_not_overlap(uid: str) -> None:
    taken: dict[tuple[int, int], int] = {}
    for panel in DASHBOARDS[uid]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_expression_parses(uid: str) -> None:
    asked = list(expressions(uid))
    assert len(asked) > 30
    for expression in asked:
        promql_parser.parse(filled_in(expression))


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_the_variables_asked_for_are_the_pages_own(uid: str) -> None:
    own = {f"${variable['name']}" for variable in DASHBOARDS[uid]["templating"]["list"]} | {
        "$__rate_interval"
    }
    named = {name for expression in expressions(uid) for name in re.findall(r"\$[a-z_]+", expression)}
    assert named <= own


def test_overrides_name_series_that_exist() -> None:
    """A misspelt series loses its style without a word; bands need the series they fill down to."""
    band = next(panel for panel in panels("virtcast-vm") if panel["title"] == "CPU")
    legends = {target["legendFormat"] for target in band["targets"]}
    styled = {override["matcher"]["options"] for override in band["fieldConfig"]["overrides"]}
    below = {
        row["value"]
        for override in band["fieldConfig"]["overrides"]
        for row in override["properties"]
        if row["id"] == "custom.fillBelowTo"
    }
    assert styled == legends
    assert len(below) == 2
    assert below <= legends


@pytest.mark.parametrize("panel", each_panel("table"))
def test_tables_style_the_columns_they_show(panel: dict[str, Any]) -> None:
    steps = {step["id"]: step["options"] for step in panel["transformations"]}
    shown = set(steps["filterFieldsByName"]["include"]["names"])
    values = {f"Value #{target['refId']}" for target in panel["targets"]}
    styled = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert styled == shown
    assert set(steps["organize"]["indexByName"]) == shown
    assert {column for column in shown if column.startswith("Value")} <= values
    assert {row["field"] for row in steps["sortBy"]["sort"]} <= shown | values
    assert "merge" in steps


@pytest.mark.parametrize("panel", each_panel("table"))
def test_tables_without_rows_say_so(panel: dict[str, Any]) -> None:
    (first, *_, last) = [target["expr"] for target in panel["targets"]]
    said = re.fullmatch(r'label_replace\(absent\((.+)\), "(\w+)", "([^"]+)", "", ""\)', last, re.DOTALL)
    assert said is not None
    assert said[1] == first
    assert said[2] in {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert said[3] == panel["fieldConfig"]["defaults"]["noValue"] != "No data"


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_links_lead_to_pages_and_variables_that_exist(uid: str) -> None:
    links = re.findall(r'"url": "(/d/[^"]*)"', json.dumps(DASHBOARDS[uid]))
    assert links
    for link in links:
        page, _, query = link.removeprefix("/d/").partition("?")
        names = {variable["name"] for variable in DASHBOARDS[page]["templating"]["list"]}
        assert {pair.split("=")[0].removeprefix("var-") for pair in query.split("&")} <= names
