"""The committed dashboards: up to date, complete on every panel, and asking what Prometheus can parse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest

from dashboards import (
    NOTHING,
    column_widths,
    columns,
    expressions,
    filled_in,
    header_width,
    nothing_width,
    overhang,
    panel,
    panel_width,
    panels,
    panels_and_rows,
    styles,
    title_width,
    variables,
)
from grafana import generation, links, pages
from grafana.__main__ import main
from grafana.lists import lists
from grafana.page import Band, Entry, Placed, Section
from grafana.page import Page as PageOf
from grafana.pages import fleet
from grafana.pages.registry import PAGES
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.profile import PROFILES
from grafana.style.thresholds import MONTHS_LEFT, TIME_LEFT

if TYPE_CHECKING:
    from grafana.page import Page
    from grafana.profile import Profile

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}


def each_panel(kind: str = "") -> list[Any]:
    return [
        pytest.param(each, id=f"{uid}-{each['id']}")
        for uid, page in DASHBOARDS.items()
        for each in panels(page)
        if kind in ("", each["type"])
    ]


def test_the_pages_have_their_stable_addresses() -> None:
    assert [page["uid"] for page in DASHBOARDS.values()] == list(DASHBOARDS)
    assert {"virtcast-fleet", "virtcast-host", "virtcast-vm"} <= set(DASHBOARDS)


def test_the_committed_json_is_what_the_generator_writes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grafana", "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_names_what_is_not_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output", str(tmp_path)]) == 0
    assert main(["--check", "--output", str(tmp_path)]) == 0
    page = tmp_path / "virtcast-vm.json"
    page.write_text(page.read_text().replace('"Memory"', '"memory"', 1))
    (tmp_path / "left-over.json").write_text("{}")
    assert main(["--check", "--output", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "virtcast-vm.json" in told
    assert "left-over.json" in told
    assert "virtcast-fleet.json" not in told


def test_the_demo_profile_shows_minutes(tmp_path: Path) -> None:
    assert main(["--profile", "demo", "--output", str(tmp_path)]) == 0
    page = json.loads((tmp_path / "virtcast-vm.json").read_text())
    assert page["time"] == {"from": "now-15m", "to": "now+5m"}
    assert page["refresh"] == "5s"


@pytest.mark.parametrize("shown", each_panel())
def test_a_panel_says_what_it_shows(shown: dict[str, Any]) -> None:
    assert shown["title"].strip()
    assert len(shown["description"].split()) >= 5, "says what it shows and what to do"
    assert shown["fieldConfig"]["defaults"]["unit"]
    assert shown["fieldConfig"]["defaults"]["noValue"]
    assert shown["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("shown", each_panel())
def test_a_panel_asks_for_now_or_for_the_range(shown: dict[str, Any]) -> None:
    """Instant queries run at the range's end, which may lie ahead of now: they have a time of their own. Not
    those that look back over the page's range, since `$__range` is then the panel's own.
    """
    kinds = {(target.get("instant", False), target.get("range", False)) for target in shown["targets"]}
    assert len(kinds) == 1
    instant, ranged = kinds.pop()
    assert instant != ranged
    own = shown.get("timeFrom")
    over_range = any("$__range" in target["expr"] for target in shown["targets"])
    assert (own is None) == over_range if instant else own is None or own in shown["title"]
    assert len({target["refId"] for target in shown["targets"]}) == len(shown["targets"])


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_what_is_asked_at_the_end_of_the_pages_range_is_asked_for_now(uid: str) -> None:
    page = DASHBOARDS[uid]
    at_the_end = {
        each["title"] for each in panels(page) if each["targets"][0].get("instant") and "timeFrom" not in each
    }
    assert page["time"]["to"] == "now" or not at_the_end


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_graph_of_the_first_few_chooses_them_once(uid: str) -> None:
    """At each moment anew, there would be as many series as were ever among them, in pieces."""
    ranked = [
        target["expr"]
        for each in panels(DASHBOARDS[uid])
        for target in each["targets"]
        if target.get("range") and re.search(r"(?:top|bottom)k\(", target["expr"])
    ]
    assert all("@ end()" in expr for expr in ranked)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_ids_are_unique(uid: str) -> None:
    ids = [each["id"] for each in panels_and_rows(DASHBOARDS[uid])]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_panels_do_not_overlap(uid: str) -> None:
    taken: dict[tuple[int, int], int] = {}
    for each in DASHBOARDS[uid]["panels"]:  # a folded row opens over what follows: Grafana moves it
        place = each["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), each["id"]) == each["id"]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_expression_parses(uid: str) -> None:
    asked = list(expressions(DASHBOARDS[uid]))
    assert asked
    for expression in asked:
        promql_parser.parse(filled_in(expression))


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_the_variables_asked_for_are_the_pages_own(uid: str) -> None:
    page = DASHBOARDS[uid]
    own = {*variables(page), "__rate_interval", "__interval", "__range", "__range_s"}
    named = {name for expression in expressions(page) for name in re.findall(r"\$\{?([a-z_]+)", expression)}
    assert named <= own


@pytest.mark.parametrize("uid", ["virtcast-host", "virtcast-vm"])
def test_a_duration_is_never_empty(uid: str) -> None:
    """On a server without forecasts, too: an empty one is no PromQL."""
    page = DASHBOARDS[uid]
    assert any("offset $ahead" in expression for expression in expressions(page))
    assert [each["value"] for each in variables(page)["ahead"]["staticOptions"]] == ["1h"]


def test_bands_fill_down_to_series_that_exist() -> None:
    band = panel(DASHBOARDS["virtcast-vm"], 21)
    below = {style["custom.fillBelowTo"] for style in styles(band).values() if "custom.fillBelowTo" in style}
    assert below == {"Normal, low", "Forecast, low"}
    assert below <= {target["legendFormat"] for target in band["targets"]}


@pytest.mark.parametrize("table", each_panel("table"))
def test_tables_style_the_columns_they_show(table: dict[str, Any]) -> None:
    steps = {step["id"]: step["options"] for step in table["transformations"]}
    shown = steps["filterFieldsByName"]["include"]["names"]
    assert list(styles(table)) == shown
    assert steps["organize"]["indexByName"] == {name: at for at, name in enumerate(shown)}
    assert {row["field"] for row in steps["sortBy"]["sort"]} <= set(shown)
    assert next(iter(steps)) == "merge"


@pytest.mark.parametrize("table", each_panel("table"))
def test_tables_show_every_value_they_ask_for_and_labels_that_are_there(table: dict[str, Any]) -> None:
    *asked, nothing = table["targets"]
    text = " ".join(target["expr"] for target in asked)
    shown = set(styles(table))
    values = {f"Value #{target['refId']}" for target in asked}
    labels = {field for field in shown if not field.startswith("Value")} - {NOTHING}
    assert nothing["expr"].removeprefix("label_replace(").startswith("absent(")
    assert {field for field in shown if field.startswith("Value")} <= values
    hidden = [target["expr"] for target in asked if f"Value #{target['refId']}" not in shown]
    own = re.compile(r"by \(instance, domain, what, (reason|because)\)")
    assert all(own.search(expr) for expr in hidden), "shown by a label of its own"
    if "ALERTS" not in text:
        assert labels <= set(re.findall(r"\w+", text))


@pytest.mark.parametrize("window", [1280, 1600])
@pytest.mark.parametrize("table", each_panel("table"))
def test_tables_show_all_their_columns(table: dict[str, Any], window: int) -> None:
    assert overhang(table, window) < 1


@pytest.mark.parametrize("table", each_panel("table"))
def test_headers_fit_their_columns(table: dict[str, Any]) -> None:
    """In a window of 1280 pixels; a variable is shorter than its name."""
    room = column_widths(table, 1280)
    long = {header for header, pixels in room.items() if "$" not in header and header_width(header) > pixels}
    assert not long


@pytest.mark.parametrize("shown", each_panel())
def test_titles_fit_their_panels(shown: dict[str, Any]) -> None:
    """In a window of 1280 pixels, or of a repeated panel's share of it."""
    assert title_width(shown["title"]) <= panel_width(shown, 1280)


@pytest.mark.parametrize("table", each_panel("table"))
def test_tables_without_rows_say_so(table: dict[str, Any]) -> None:
    """`test_recorded` sees whether they do."""
    last = table["targets"][-1]["expr"]
    assert last.removeprefix("label_replace(").startswith("absent(")
    said = re.findall(rf'"{NOTHING}", "([^"]+)", "", ""\)', last)
    assert said[0] == table["fieldConfig"]["defaults"]["noValue"] != "No data"
    assert "links" not in styles(table)[NOTHING]
    long = {text for text in said if header_width(text) > nothing_width(table, 1280)}
    assert not long


def times_left() -> list[Any]:
    """The fields of all panels that are coloured as time left: what is default, and each override."""
    steps = [[value for value, _ in each] for each in (TIME_LEFT, MONTHS_LEFT)]
    return [
        pytest.param(style, id=f"{uid}-{each['id']}-{name}")
        for uid, page in DASHBOARDS.items()
        for each in panels(page)
        for name, style in {"default": each["fieldConfig"]["defaults"], **styles(each)}.items()
        if [step["value"] for step in style.get("thresholds", {}).get("steps", ())] in steps
    ]


@pytest.mark.parametrize("style", times_left())
def test_no_time_left_is_now(style: dict[str, Any]) -> None:
    words = [each["options"].get("0", {}).get("text") for each in style["mappings"]]
    assert "now" in words


def test_a_vm_has_marks_of_alerts_migrations_and_anomalies() -> None:
    marks = {each["name"]: each for each in DASHBOARDS["virtcast-vm"]["annotations"]["list"]}
    assert {"Actual alerts", "Migrations", "Anomalies"} <= {
        name for name, each in marks.items() if each["enable"]
    }
    assert marks["Anomalies"]["useValueForTime"]  # where it began, not where it was asked
    assert "{{resource}}" in marks["Anomalies"]["textFormat"]


def test_the_pools_table_has_the_longest_horizons() -> None:
    headers = columns(panel(DASHBOARDS["virtcast-fleet"], 16))
    assert [header for header in headers if header.startswith("In ")] == ["In 24h", "In 7d"]
    assert 'horizon="7d"' in headers["In 7d"]


def test_every_page_file_is_in_the_registry() -> None:
    (folder,) = pages.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__", "registry"}
    assert {make.__module__.rpartition(".")[2] for make in PAGES} == files
    assert {links.uid(make(PROFILES["default"]).name) for make in PAGES} == set(DASHBOARDS)


def heads(uid: str) -> dict[str, str]:
    """Where the links in a page's head lead, by their titles."""
    return {link["title"]: link["url"].partition("?")[0] for link in DASHBOARDS[uid]["links"]}


def test_the_home_page_leads_to_every_page_and_every_page_home() -> None:
    others = set(DASHBOARDS) - {"virtcast-fleet"}
    assert heads("virtcast-fleet").items() >= {("One host", "/d/virtcast-host"), ("One VM", "/d/virtcast-vm")}
    assert set(heads("virtcast-fleet").values()) == {f"/d/{uid}" for uid in others}
    assert {heads(uid)["Fleet"] for uid in others} == {"/d/virtcast-fleet"}


def kept(uid: str) -> set[str]:
    """The pages to which the links in a page's head keep time range and variables."""
    for link in DASHBOARDS[uid]["links"]:
        assert link["includeVars"] == ("?" not in link["url"])
        assert link["keepTime"] == (links.START not in link["url"])
    return {link["url"] for link in DASHBOARDS[uid]["links"] if link["includeVars"]}


def test_links_between_pages_of_many_hosts_keep_time_range_and_variables() -> None:
    single = {"virtcast-host", "virtcast-vm"}  # they reach past now, and show one host
    many = set(DASHBOARDS) - single
    assert kept("virtcast-fleet") == {f"/d/{uid}" for uid in many - {"virtcast-fleet"}}
    assert all(kept(uid) == {"/d/virtcast-fleet"} for uid in many - {"virtcast-fleet"})
    assert not any(map(kept, single))


def test_links_between_pages_that_end_alike_keep_the_end_others_only_the_start() -> None:
    """An hour ahead a page of now has no figures; up to now there is no forecast to see."""
    keep = {
        uid: {link["title"] for link in page["links"] if link["keepTime"]} for uid, page in DASHBOARDS.items()
    }
    assert keep["virtcast-vm"] == {"Its host", "Follow across hosts"}
    assert keep["virtcast-host"] == set()
    drawn = r'"(/d/[^"]*__field[^"]*)"'
    series = [url for page in DASHBOARDS.values() for url in re.findall(drawn, json.dumps(page))]
    assert series
    assert all(url.endswith(links.START) for url in series)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_links_lead_to_pages_and_variables_that_exist(uid: str) -> None:
    text = json.dumps(DASHBOARDS[uid])
    assert "/d/virtcast-" in text
    assert not list(links.dead(text, {each: set(variables(page)) for each, page in DASHBOARDS.items()}))


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_names_in_links_are_encoded(uid: str) -> None:
    """A VM may be called `a&b` or `build #7`; horizons and data sources are ours."""
    text = json.dumps(DASHBOARDS[uid])
    assert not re.findall(r"var-\w+=\$(?!\{|__all)\w*", text)
    values = re.findall(r"var-(\w+)=\$\{([^}]+)\}", text)
    assert values or uid == "virtcast-monitoring"  # about no VM
    assert {name for name, variable in values if not variable.endswith(":percentencode")} <= {
        "datasource",
        "horizon",
    }


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (links.Link("Lost", "Leads nowhere", "nowhere"), "/d/virtcast-nowhere"),
        (links.Link("Misled", "Asks for more", "vm", {"vm": "$domain"}), "var-vm="),
    ],
)
def test_a_link_to_nowhere_is_an_error_at_generation(link: links.Link, said: str) -> None:
    def misled(profile: Profile) -> Page:
        return replace(fleet.page(profile), name="copy", links=[link])

    with pytest.raises(ValueError, match="virtcast-copy links to pages or variables.*" + said):
        generation.generated(PROFILES["default"], (*PAGES, misled))


def test_two_pages_of_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="two pages have the same name"):
        generation.generated(PROFILES["default"], (*PAGES, PAGES[1]))


def test_a_page_is_a_function_and_a_row_and_a_panel_is_a_call() -> None:
    """The recipe of CONTRIBUTING: two files, and none for the links, the schemas and the lists."""

    def walked(_: Profile) -> Page:
        up = Placed(
            1, figures(Card("Up", "none", "Whether each exporter answers; look at its log."), Query("up"))
        )
        return PageOf(
            "walk", "Walk", "A page.", Entry("Walk", "A page"), (), [Section("", 0, [Band(4, [up])])]
        )

    profile = PROFILES["default"]
    classic, v2 = (make(profile, (*PAGES, walked)) for make in generation.SCHEMAS.values())
    assert list(classic) == list(v2) == [*generation.generated(profile), "virtcast-walk.json"]
    home, page = (json.loads(classic[f"virtcast-{name}.json"]) for name in ("fleet", "walk"))
    assert "/d/virtcast-walk" in {link["url"] for link in home["links"]}
    assert [each["title"] for each in panels(page)] == ["Up"]
    assert set(variables(page)) == {"datasource", "filters", "provider", "owner", "resource"}
    assert "json/virtcast-walk.json" in lists(classic)["kustomization.yaml"]
