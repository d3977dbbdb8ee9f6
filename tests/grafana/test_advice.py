"""What the panels of advice say of samples that are written here: the rows, their order, what to do next."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from alert_rules.anomaly import ONSET
from alert_rules.fleet_aggregates import POSSIBLE, PROBABILITY, SCORE
from dashboards import VALUES, columns, filled_in, panel, styles
from filled_prometheus import filled
from grafana.subjects.issues import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1_790_000_000  # seconds
HOUR = 3600
THIN = 'resource="thin_pool",volume_group="vg",thin_pool="thin",part="metadata"'
# Samples at NOW: series, value.
SAMPLES = {
    'virtcast_exhaustion_timestamp_seconds{resource="vm_filesystem",quantile="0.5",domain="full"}': NOW - 60,
    'virtcast_exhaustion_timestamp_seconds{resource="vm_cpu",quantile="0.5",domain="busy"}': NOW - 600,
    'virtcast_exhaustion_timestamp_seconds{resource="vm_disk_allocation",quantile="0.5",domain="whole"}': NOW
    - 600,
    'virtcast_exhaustion_timestamp_seconds{resource="pool",quantile="0.5",pool="vg0"}': NOW - 60,
    'virtcast_exhaustion_probability_ratio{resource="pool",horizon="24h",pool="vg0"}': 1,
    'libvirt_pool_info{pool="vg0",type="logical"}': 1,
    'virtcast_exhaustion_timestamp_seconds{resource="vm_memory",quantile="0.5",domain="later-today"}': NOW
    + 9 * HOUR,
    'virtcast_exhaustion_timestamp_seconds{resource="vm_memory",quantile="0.5",domain="in-an-hour"}': NOW
    + HOUR,
    'virtcast_anomaly_score{resource="vm_memory",domain="in-an-hour"}': 3,
    'virtcast_anomaly_score{resource="vm_cpu",domain="odd"}': 1.2,
    'virtcast_anomaly_onset_timestamp_seconds{resource="vm_cpu",domain="odd"}': NOW - HOUR,
    'virtcast_anomaly_score{resource="vm_cpu",domain="young"}': 1.1,
    'virtcast_anomaly_onset_timestamp_seconds{resource="vm_cpu",domain="young"}': NOW - HOUR,
    'virtcast_anomaly_score{resource="vm_cpu",domain="calm"}': 0.4,
    'virtcast_issue_neighbour_victims{contest="cpu",domain="greedy"}': 2,
    'virtcast_exhaustion_probability_ratio{resource="vm_memory",horizon="24h",domain="likely"}': 0.7,
    'virtcast_exhaustion_probability_ratio{resource="vm_memory",horizon="24h",domain="calm"}': 0.1,
    'virtcast_runway_seconds{resource="pool",pool="big",quantile="0.5"}': 40 * 24 * HOUR,
    'virtcast_runway_seconds{resource="pool",pool="small",quantile="0.5"}': 9 * 24 * HOUR,
    'virtcast_runway_seconds{resource="pool",pool="small",quantile="0.1"}': 7 * 24 * HOUR,
    **{
        f'virtcast_efficiency_ratio{{part="cpu",domain="{vm}"}}': ratio
        for vm, ratio in (("wide", 0.25), ("tight", 1), ("calm", 1))
    },
    **{
        f'libvirt_domain_info_virtual_cpus{{domain="{vm}"}}': size
        for vm, size in (("wide", 8), ("tight", 2), ("calm", 2))
    },
    'virtcast_recommended_info{part="cpu",verdict="oversized",domain="wide"}': 1,
    'virtcast_recommended_info{part="cpu",verdict="undersized",domain="tight"}': 1,
    'virtcast_recommended_info{part="cpu",verdict="fits",domain="calm"}': 1,
    'virtcast_recommended_size{part="cpu",risk="balanced",domain="wide"}': 2,
    'virtcast_recommended_size{part="cpu",risk="balanced",domain="tight"}': 3,
    'virtcast_recommended_size{part="cpu",risk="balanced",domain="calm"}': 2,
    **{
        f'virtcast_pattern_info{{resource="{resource}",kind="{kind}",domain="{vm}"}}': 1
        for resource, kind, vm in (
            ("vm_cpu", "daily", "wide"),
            ("vm_cpu", "daily", "tight"),
            ("vm_cpu", "idle", "calm"),
            ("vm_memory", "growing", "calm"),
        )
    },
    'vm:cpu_utilization:ratio{domain="odd"}': 0.921,
    'vm:cpu_utilization:ratio{domain="young"}': 0.5,
    'virtcast_anomaly_usual_value{resource="vm_cpu",domain="odd"}': 0.4,
    'vm:filesystem_utilization:ratio{domain="full"}': 0.99,
    'vm:memory_utilization:ratio{domain="calm"}': 0.3,
    'virtcast_cost_monthly{owner="shop"}': 200,
    'virtcast_cost_wasted_monthly{owner="shop"}': 50,
    'virtcast_cost_month_to_date{owner="shop"}': 90,
    'virtcast_cost_month_end_expected{owner="shop"}': 210,
    'libvirt_domain_state{state="paused",domain="still"}': 1,
    'libvirt_domain_state_reason{domain="still"}': 5,  # an I/O error
    'libvirt_domain_state{state="paused",domain="by-hand"}': 1,
    'libvirt_domain_state_reason{domain="by-hand"}': 1,
    'libvirt_domain_state{state="paused",domain="calm"}': 0,
    'libvirt_domain_state_reason{domain="calm"}': 5,  # of the state running: it was paused before
    'virtcast_runway_seconds{resource="cluster_memory",cluster="east",quantile="0.5"}': 30 * 24 * HOUR,
    f'virtcast_runway_seconds{{{THIN},quantile="0.5"}}': 20 * 24 * HOUR,
    **{
        f'virtcast_recommended_disk_bytes{{risk="{risk}",domain="{vm}",target_device="vda"}}': size * 2**30
        for vm, sizes in (("wide", (13, 12, 11)), ("tight", (26, 24, 22)))
        for risk, size in zip(("conservative", "balanced", "aggressive"), sizes, strict=True)
    },
    **{
        f'libvirt_domain_block_stats_capacity_bytes{{domain="{vm}",target_device="vda"}}': 20 * 2**30
        for vm in ("wide", "tight", "calm", "other")
    },
    'virtcast_service_level_attained_ratio{objective="availability",domain="odd"}': 0.99,
    'virtcast_service_level_budget_spent_ratio{objective="availability",domain="odd"}': 10,
}


def recorded(samples: Mapping[str, float]) -> dict[str, float]:
    """What rules record of scores and probabilities."""
    kept = {SCORE: (":lasting", ONSET), PROBABILITY: (":possible", POSSIBLE)}
    rows = {
        name.replace("{", f"{suffix}{{"): value
        for metric, (suffix, least) in kept.items()
        for name, value in samples.items()
        if name.startswith(f"{metric}{{") and value >= least
    }
    return {**rows, f'{SCORE}:count{{resource="vm_cpu"}}': 3}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    every = {**SAMPLES, **recorded(SAMPLES)}
    lines = [
        series.removesuffix("}") + f',instance="host-a"}} {value} {NOW}' for series, value in every.items()
    ]
    with filled("\n".join([*lines, "# EOF\n"]).encode(), tmp_path_factory.mktemp("advice")) as url:
        yield url


def answer(url: str, expression: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series at NOW."""
    asked: dict[str, Any] = {"query": filled_in(expression, VALUES), "time": NOW}
    found = requests.post(f"{url}/api/v1/query", data=asked, timeout=30).json()
    assert found["status"] == "success", found
    return [(each["metric"], float(each["value"][1])) for each in found["data"]["result"]]


def shown(page: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)
    return found


with_rules_and_without = pytest.mark.parametrize(
    "aggregates",
    [
        {"$lasting": ":lasting", "$possible": ":possible", "$scores": ":count"},
        {"$lasting": ":lasting", "$possible": "", "$scores": ""},
        {"$lasting": "", "$possible": "", "$scores": ""},
    ],
    ids=["recorded", "older", "none"],
)


@with_rules_and_without
def test_the_most_urgent_comes_first_with_what_to_do(prometheus: str, aggregates: dict[str, str]) -> None:
    rows = answer(prometheus, filled_in(columns(shown("fleet", 10))["Issue"], {**VALUES, **aggregates}))
    rows.sort(key=lambda row: -row[1])
    assert [(labels["domain"], labels["next"]) for labels, _ in rows] == [
        ("still", "stopped"),
        ("full", "vm_filesystem"),
        ("busy", "vm_cpu"),  # less severe, and no volume group that is full
        ("in-an-hour", "vm_memory"),  # its anomaly is no row of its own
        ("later-today", "vm_memory"),
        ("greedy", "neighbour"),
        ("whole", "vm_disk_allocation"),
        ("odd", "anomaly"),
        ("young", "anomaly"),
        ("likely", "vm_memory"),
    ]
    assert {labels["next"] for labels, _ in rows} <= set(ACTIONS)


@with_rules_and_without
@pytest.mark.parametrize("domain", ["still", "full", "in-an-hour", "greedy", "odd", "likely", "calm"])
@pytest.mark.parametrize("number", [10, 11])
def test_a_table_has_rows_or_says_why_not(
    prometheus: str, number: int, domain: str, aggregates: dict[str, str]
) -> None:
    """Each kind of trouble alone, and none."""
    values = {**VALUES, **aggregates}
    first, *_, nothing = (filled_in(row["expr"], values) for row in shown("fleet", number)["targets"])
    old, new = "instance=~", f'domain="{domain}", instance=~'
    first, nothing = first.replace(old, new), nothing.replace(old, new)
    rows = answer(prometheus, first)
    assert bool(rows) + len(answer(prometheus, nothing)) == 1
    assert bool(rows) == (domain in {"likely", "calm"} if number == 11 else domain != "calm")


def test_a_vm_that_stands_still_is_a_row_without_a_forecaster(prometheus: str) -> None:
    """It is what libvirt tells, and has words for what it is and what to do."""
    expr = columns(shown("fleet", 10))["Issue"].replace("instance=~", 'domain=~"still|by-hand", instance=~')
    ((labels, _),) = answer(prometheus, expr)
    assert labels["domain"] == "still"
    (words,) = [
        each["options"][labels["what"]]["text"]
        for each in styles(shown("fleet", 10))["what"]["mappings"]
        if labels["what"] in each["options"]
    ]
    assert words == "I/O error"


@pytest.mark.parametrize(("domain", "said"), [("calm", 0), ("odd", 1)])
def test_a_vm_that_is_well_has_forecasts_whatever_the_horizon(
    prometheus: str, domain: str, said: int
) -> None:
    """A short horizon is not published while it says nothing."""
    nothing = (
        shown("vm", 11)["targets"][-1]["expr"].replace("$horizon", "1h").replace("${domain:raw}", domain)
    )
    assert len(answer(prometheus, nothing)) == said


def test_each_kind_of_issue_has_its_words(prometheus: str) -> None:
    table = shown("fleet", 10)
    (style,) = [
        {row["id"]: row["value"] for row in each["properties"]}
        for each in table["fieldConfig"]["overrides"]
        if each["matcher"]["options"] == "Value #A"
    ]
    ranges = [each["options"] for each in style["mappings"]]
    rows = answer(prometheus, columns(table)["Issue"])
    words = {
        labels["domain"]: each["result"]["text"]
        for labels, value in rows
        for each in ranges
        if each["from"] <= value <= each["to"]
    }
    assert words == {
        "still": "stands still",
        "full": "at its limit",
        "busy": "at its limit",
        "whole": "at its limit",
        "in-an-hour": "limit within a day",
        "later-today": "limit within a day",
        "greedy": "takes from its neighbours",
        "odd": "unusual",
        "young": "unusual",
        "likely": "limit later",
    }


def test_issues_have_their_reason_in_words(prometheus: str) -> None:
    reasons = shown("fleet", 10)["targets"][2]["expr"]
    words = {labels["domain"]: labels["because"] for labels, _ in answer(prometheus, reasons)}
    assert words == {
        "full": "99 % now",
        "greedy": "takes what 2 VMs lack",
        "odd": "92 % now, 40 % usual",
        "young": "50 % now",
    }


def test_what_ends_first_is_the_runway(prometheus: str) -> None:
    (target,) = shown("fleet", 8)["targets"]
    assert answer(prometheus, target["expr"]) == [({}, 9 * 24 * HOUR)]
    asked = columns(shown("capacity", 24))
    style = styles(shown("capacity", 24))["what"]
    words = {worded(labels["what"], style) for labels, _ in answer(prometheus, asked["Median"])}
    assert words == {
        "Storage pool big",
        "Storage pool small",
        "Memory of cluster east",
        "Thin pool vg thin metadata",
    }
    assert [value for _, value in answer(prometheus, asked["Early"])] == [7 * 24 * HOUR]


def worded(name: str, style: dict[str, Any]) -> str:
    """As Grafana shows it."""
    (said,) = [
        match.expand(rf"{each['options']['result']['text'].replace('$1', '')}\g<1>")
        for each in style["mappings"]
        if (match := re.match(each["options"]["pattern"], name))
    ]
    return said


def test_disks_that_fit_are_not_among_those_that_do_not(prometheus: str) -> None:
    asked = columns(shown("capacity", 46))
    assert {labels["domain"]: value for labels, value in answer(prometheus, asked["Needed"])} == {
        "wide": 0.6,
        "tight": 1.2,
    }
    assert {value for _, value in answer(prometheus, asked["Conservative"])} == {13 * 2**30, 26 * 2**30}


def test_objectives_that_were_missed(prometheus: str) -> None:
    asked = columns(shown("service-levels", 31))
    ((labels, spent),) = answer(prometheus, asked["Budget spent"])
    ((_, attained),) = answer(prometheus, asked["Attained"])
    assert (labels["domain"], labels["objective"], attained, spent) == ("odd", "availability", 0.99, 10)


def test_vms_that_fit_are_not_among_those_that_do_not(prometheus: str) -> None:
    asked = columns(shown("capacity", 44))
    rows = {
        labels["domain"]: (labels["verdict"], value) for labels, value in answer(prometheus, asked["Needed"])
    }
    assert rows == {"wide": ("oversized", 0.25), "tight": ("undersized", 1)}
    sizes = {labels["domain"]: value for labels, value in answer(prometheus, asked["Balanced"])}
    assert sizes == {"wide": 2, "tight": 3}


def test_what_is_needed_counts_large_vms_more(prometheus: str) -> None:
    (target,) = shown("capacity", 41)["targets"]
    assert answer(prometheus, target["expr"]) == [({}, 0.5)]  # 6 of 12 CPUs


def test_kinds_of_load_are_counted_by_cpu(prometheus: str) -> None:
    (target,) = shown("insights", 5)["targets"]
    found = {labels["kind"]: value for labels, value in answer(prometheus, target["expr"])}
    assert found == {"daily": 2, "idle": 1}


@pytest.mark.parametrize(
    ("owner", "costs", "nothing"),
    [("shop|bank", ["shop"], []), ("bank", [], ["These owners have no VM"]), (".*", ["shop"], [])],
)
def test_costs_are_those_of_the_chosen_owners(
    prometheus: str, owner: str, costs: list[str], nothing: list[str]
) -> None:
    *asked, none = (
        filled_in(target["expr"], {**VALUES, "$owner": owner}) for target in shown("capacity", 51)["targets"]
    )
    for expr in asked:
        assert [labels["owner"] for labels, _ in answer(prometheus, expr)] == costs
    assert [labels["nothing"] for labels, _ in answer(prometheus, none)] == nothing


def test_costs_are_those_of_the_owner(prometheus: str) -> None:
    asked = columns(shown("capacity", 51))
    assert {
        header: answer(prometheus, asked[header])
        for header in ("Cost", "Share wasted", "This month", "At its end")
    } == {
        "Cost": [({"owner": "shop"}, 200)],
        "Share wasted": [({"owner": "shop"}, 0.25)],
        "This month": [({"owner": "shop"}, 90)],
        "At its end": [({"owner": "shop"}, 210)],
    }
