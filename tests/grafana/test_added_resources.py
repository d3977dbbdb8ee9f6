"""A row added to the forecaster's table of resources is on the pages, without an edit in grafana/."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import promql_parser
import pytest

from dashboards import (
    VALUES,
    column_widths,
    columns,
    expressions,
    filled_in,
    header_width,
    panel,
    panel_width,
    panels,
    styles,
    title_width,
    variables,
)
from forecaster.config.resource import Display, Resource, Unit
from forecaster.config.resources import RESOURCES
from grafana.__main__ import main
from grafana.generation import generated
from grafana.profile import PROFILES
from grafana.resources import UNITS, measures, series
from grafana.style.colors import ACTUAL

if TYPE_CHECKING:
    from pathlib import Path

SWAP = Resource(
    "vm_memory_swap",  # begins like another one
    "vm:swap_utilization:ratio",
    display=Display("Swap", "Share of the swap device.", absent="No swap", owner="vm", part="device"),
)
LATENCY = Resource(
    "disk_latency",  # not called after its owner
    "vm:disk_latency:seconds",
    limit=math.inf,
    display=Display("Latency", "Mean time of a request.", absent="No disk", owner="vm", unit="seconds"),
)
RUNNABLE = Resource(
    "host_runnable", "host:runnable:ratio", display=Display("Run queue", absent="No host", owner="host")
)
FREE = Resource(
    "vm_free_memory",
    'vm:memory_free:bytes{provider="libvirt", }',
    limit=2**28,
    limit_side="lower",
    display=Display("Free memory", absent="No figures", owner="vm", unit="bytes"),
)
ADDED = (SWAP, LATENCY, RUNNABLE, FREE)
FILLED_IN = {**VALUES, "$vm_memory_swap": "sda"}


def pages(*resources: Resource) -> dict[str, Any]:
    texts = generated(replace(PROFILES["default"], resources=(*RESOURCES, *resources)))
    return {name.removeprefix("virtcast-").removesuffix(".json"): json.loads(texts[name]) for name in texts}


BEFORE, AFTER = pages(), pages(*ADDED)
FLEET, HOST, VM = (AFTER[name] for name in ("fleet", "host", "vm"))


def titled(page: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = [each for each in panels(page) if each["title"] == title]
    return found


@pytest.mark.parametrize("name", AFTER)
def test_every_expression_parses(name: str) -> None:
    for expression in expressions(AFTER[name]):
        promql_parser.parse(filled_in(expression, FILLED_IN))


@pytest.mark.parametrize("name", AFTER)
def test_panels_keep_their_ids_and_fill_their_bands(name: str) -> None:
    ids = {each["id"]: each["title"] for each in AFTER[name]["panels"]}
    assert len(ids) == len(AFTER[name]["panels"])
    assert {each["id"]: each["title"] for each in BEFORE[name]["panels"]}.items() <= ids.items()
    widths: dict[int, int] = {}
    for each in AFTER[name]["panels"]:
        at = each["gridPos"]
        widths[at["y"]] = widths.get(at["y"], 0) + at["w"]
    assert set(widths.values()) == {24}


@pytest.mark.parametrize("name", AFTER)
def test_titles_and_headers_still_fit(name: str) -> None:
    """In a window of 1280 pixels; a variable is shorter than its name."""
    for each in panels(AFTER[name]):
        assert title_width(each["title"]) <= panel_width(each, 1280), each["title"]
        if each["type"] == "table":
            room = column_widths(each, 1280).items()
            assert not [
                header for header, pixels in room if "$" not in header and header_width(header) > pixels
            ]


def test_ids_do_not_depend_on_the_order_of_the_table() -> None:
    title = "Latency"
    assert titled(pages(*reversed(ADDED))["vm"], title)["id"] == titled(VM, title)["id"]


def test_a_ratio_in_parts_has_a_forecast_for_each_part() -> None:
    swap = titled(VM, "Swap: $vm_memory_swap")
    assert (swap["repeat"], swap["fieldConfig"]["defaults"]["unit"]) == ("vm_memory_swap", "percentunit")
    assert 'device=~"$vm_memory_swap"' in swap["targets"][0]["expr"]
    over = variables(VM)["vm_memory_swap"]
    assert re.fullmatch(r"label_values\(vm:swap_utilization:ratio{.+}, device\)", over["query"]["query"])
    assert (over["hide"], over["multi"], over["includeAll"]) == (2, True, True)


def test_what_is_no_ratio_is_drawn_in_its_unit_and_not_cut_at_one() -> None:
    latency = titled(VM, "Latency")
    assert latency["fieldConfig"]["defaults"]["unit"] == "s"
    assert not any("clamp(" in target["expr"] for target in latency["targets"])
    assert any("clamp(" in target["expr"] for target in titled(VM, "CPU")["targets"])
    bars = titled(FLEET, "Latency")["fieldConfig"]["defaults"]
    assert bars["unit"] == "s"
    assert "max" not in bars
    assert [step["color"] for step in bars["thresholds"]["steps"]] == [ACTUAL]


def test_what_falls_to_its_limit_is_ranked_from_the_lowest() -> None:
    free = titled(FLEET, "Free memory")
    assert free["targets"][0]["expr"].startswith("sort(bottomk(10, max by (instance, domain) (")
    assert "lowest" in free["description"]


def test_hosts_and_vms_have_a_column_and_a_figure_for_it() -> None:
    assert [each["type"] for each in panels(HOST) if each["title"] == "Run queue"] == ["stat", "timeseries"]
    assert "host:runnable:ratio" in columns(panel(FLEET, 14))["Run queue"]
    of_vms = panel(HOST, 31)
    assert "vm:disk_latency:seconds" in columns(of_vms)["Latency"]
    assert "Swap" not in columns(of_vms), "a VM has several: they have no cell in its row"


@pytest.mark.parametrize(("page", "number"), [("fleet", 12), ("host", 11), ("vm", 11), ("vm", 14)])
def test_tables_show_actual_values_by_unit(page: str, number: int) -> None:
    table = panel(AFTER[page], number)
    by_header = columns(table)
    ratio = by_header.get("Used") or by_header["Now"]
    assert "label_replace(vm:swap_utilization:ratio{" in ratio
    assert "label_replace(host:runnable:ratio{" in ratio
    assert "vm:disk_latency:seconds" not in ratio
    assert "label_replace(vm:disk_latency:seconds{" in by_header["Now (s)"]
    assert 'vm:memory_free:bytes{provider="libvirt", instance' in by_header["Now (B)"]
    units = {style["displayName"]: style.get("unit") for style in styles(table).values()}
    assert (units["Now (s)"], units["Now (B)"]) == ("s", "bytes")


def test_what_has_no_limit_has_no_column_where_it_runs_out() -> None:
    headers = columns(panel(FLEET, 11))
    assert "Now (B)" in headers
    assert "Now (s)" not in headers


def test_usual_values_and_trends_have_their_unit_too() -> None:
    by_header = columns(panel(VM, 14))
    for header in ("Usual (s)", "Trend per hour (s)"):
        assert 'resource=~"disk_latency"' in by_header[header]
        assert "disk_latency" not in by_header[header.removesuffix(" (s)")]


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("vm_memory    ", "Memory "),
        ("vm_memory_swap    sda", "Swap sda"),
        ("disk_latency    ", "Latency "),
        ("vm_filesystem /var   ", "File system /var"),
    ],
)
def test_tables_say_what_it_is(what: str, shown: str) -> None:
    mappings = [mapping["options"] for mapping in styles(panel(VM, 11))["what"]["mappings"]]
    texts = [
        found.expand(row["result"]["text"].replace("$1", r"\1"))
        for row in mappings
        if (found := re.search(row["pattern"], what))
    ]
    assert texts == [shown]
    joined = r'label_join\(.+?, "what", " ", "resource", "mountpoint", "target_device", "pool", "device"\)'
    assert re.search(joined, panel(VM, 11)["targets"][0]["expr"])


def test_the_next_to_run_out_is_called_by_its_title() -> None:
    (target,) = panel(VM, 4)["targets"]
    assert '"Swap", "resource", "vm_memory_swap")' in target["expr"]
    assert "min by (resource, mountpoint, target_device, device)" in target["expr"]
    assert target["legendFormat"] == "{{resource}} {{mountpoint}}{{target_device}}{{device}}"


def test_a_resource_without_an_owner_is_called_by_its_name_and_not_drawn() -> None:
    page = pages(Resource("queue", "sum(queue_length) / 10"))["vm"]
    assert [each["title"] for each in panels(page)] == [each["title"] for each in panels(BEFORE["vm"])]
    assert "queue_length" not in json.dumps(page)


def test_every_unit_of_a_resource_has_one_of_grafana() -> None:
    assert set(UNITS) == set(get_args(Unit))


def test_a_falling_share_has_a_column_of_its_own() -> None:
    free = replace(SWAP, name="free", limit_side="lower")
    assert [(each.name, each.resources) for each in measures((SWAP, free))] == [
        ("", (SWAP,)),
        ("free", (free,)),
    ]


@pytest.mark.parametrize(
    ("query", "selected"),
    [
        ("vm:a:ratio", 'vm:a:ratio{instance="h"}'),
        (" vm:a:ratio{} ", 'vm:a:ratio{instance="h"}'),
        ('vm:a:ratio{b="c", }', 'vm:a:ratio{b="c", instance="h"}'),
        ('{__name__="vm:a:ratio"}', '{__name__="vm:a:ratio", instance="h"}'),
    ],
)
def test_a_resource_is_drawn_by_its_metric(query: str, selected: str) -> None:
    assert series(Resource("a", query), 'instance="h"') == selected


@pytest.mark.parametrize("query", ["1 - a", "rate(a[5m])", "a offset 5m", 'a{b="c"} / a{b="d"}', "a @ 5"])
def test_a_query_that_is_more_than_a_metric_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="free: only a metric can be drawn; record the query with a rule"):
        series(Resource("free", query), 'instance="h"')


CONFIGURATION = """\
resources:
  vm_cpu: {horizons: [1h, 2h]}
  pool: {horizons: [1h, 2d, 9d, 60d], publish: full}
  host_memory: {enabled: false}
  vm_load:
    query: vm:load:ratio
    horizons: [1h, 2h]
    display: {title: Load, owner: vm}
"""


def test_pages_follow_the_forecasters_configuration(tmp_path: Path) -> None:
    (tmp_path / "virtcast.yml").write_text(CONFIGURATION)
    assert main([f"--config.file={tmp_path}/virtcast.yml", f"--output={tmp_path}"]) == 0
    fleet, host, vm = (
        json.loads((tmp_path / f"virtcast-{name}.json").read_text()) for name in ("fleet", "host", "vm")
    )
    assert titled(vm, "Load")
    assert "Host memory" not in columns(panel(fleet, 14))
    assert [name for name in columns(panel(host, 12)) if name.startswith("In")] == [
        "In 2d",
        "In 9d",
        "In 60d",
    ]
    assert variables(vm)["horizon"]["current"]["value"] == "1h"


def test_what_is_wrong_with_it_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "virtcast.yml").write_text("resources: {a: {query: 1 - a, display: {owner: vm}}}")
    assert main([f"--config.file={tmp_path}/virtcast.yml", f"--output={tmp_path}"]) == 1
    assert capsys.readouterr().err == "a: only a metric can be drawn; record the query with a rule: 1 - a\n"
