"""What is left of budgets, by the objectives of the alerts: VMs with a high criticality have a higher one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from answered import assert_answer
from dashboards import VALUES, columns, filled_in, panel, variable_expression, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = json.loads(
    (Path(__file__).resolve().parents[2] / "grafana/json/virtcast-service-levels.json").read_text()
)
NOW = 1200  # seconds; promtool's clock starts at 0
KEPT = 0.9993  # misses 0.7 of what every VM may miss, and 1.4 of what a critical one may
SAMPLES: Mapping[str, str] = {
    f'{name}{{provider="libvirt", instance="h", {labels}}}': f"{value}+0x20"
    for window in ("avg30m", "avg1h", "avg30d")
    for name, labels, value in (
        (f"vm:available:ratio:{window}", 'domain="any"', KEPT),
        (f"vm:available:ratio:{window}", 'domain="critical"', KEPT),
        (f"vm:available:ratio:{window}", 'domain="low"', KEPT),
        (f"vm:available:ratio:{window}", 'domain="down"', KEPT),
        (f"vm:disk_fast:ratio:{window}", 'domain="any", target_device="vda"', 0.993),
        (f"vm:disk_fast:ratio:{window}", 'domain="critical", target_device="vda"', 0.993),
    )
} | {
    f'libvirt_domain_virtcast_info{{instance="h", domain="{vm}", criticality="{criticality}"}}': values
    for vm, criticality, values in (
        ("critical", "critical", "1+0x20"),
        ("low", "low", "1+0x20"),
        ("down", "high", "1+0x8 _x12"),  # its host is down for twelve minutes
    )
}
LEFT = {"any": 0.3, "low": 0.3, "critical": -0.4, "down": -0.4}


def answer(expression: str, expected: Mapping[str, float], folder: Path) -> None:
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    assert_answer(f"round({filled_in(expression)}, 0.01)", samples, SAMPLES, NOW, folder)


def test_a_critical_vm_has_less_budget(tmp_path: Path) -> None:
    found = columns(panel(PAGE, 14))["Budget left"]
    answer(found, {f'{{instance="h", domain="{vm}"}}': left for vm, left in LEFT.items()}, tmp_path)


def test_disks_of_a_critical_vm_have_less_budget(tmp_path: Path) -> None:
    found = columns(panel(PAGE, 24))["Budget left"]
    expected = {
        f'{{instance="h", domain="{vm}", target_device="vda"}}': LEFT[vm] for vm in ("any", "critical")
    }
    answer(found, expected, tmp_path)


@pytest.mark.parametrize(("number", "count"), [(12, 2), (22, 1)])
def test_an_overdrawn_budget_is_counted(number: int, count: int, tmp_path: Path) -> None:
    answer(panel(PAGE, number)["targets"][0]["expr"], {"{}": count}, tmp_path)


def test_a_critical_vm_burns_its_budget_faster(tmp_path: Path) -> None:
    expected = {f'{{instance="h", domain="{vm}"}}': 1 - left for vm, left in LEFT.items()}
    answer(panel(PAGE, 13)["targets"][0]["expr"], expected, tmp_path)


@pytest.mark.parametrize("number", [13, 14])
def test_where_no_vm_is_critical_nothing_is_read_twice(number: int, tmp_path: Path) -> None:
    """All VMs have the one objective then, as the hidden variable finds."""
    (name, least) = ("Budget left", 0.3) if number == 14 else ("", 0.7)
    found = columns(panel(PAGE, 14))[name] if name else panel(PAGE, 13)["targets"][0]["expr"]
    none = {series: values for series, values in SAMPLES.items() if "info" not in series}
    samples = [{"labels": f'{{instance="h", domain="{vm}"}}', "value": least} for vm in LEFT]
    expression = filled_in(found, {**VALUES, "${critical}": ""})
    assert_answer(f"round({expression}, 0.01)", samples, none, NOW, tmp_path)


@pytest.mark.parametrize(
    ("at", "criticality", "found"),
    [(20, "high", 1), (4, "critical", 1), (20, "low", 0)],
)
def test_critical_vms_are_found_within_the_hour(
    at: int, criticality: str, found: int, tmp_path: Path
) -> None:
    """As budgets look at them, whatever the time range is."""
    query = variable_expression(variables(PAGE)["critical"])
    info = f'libvirt_domain_virtcast_info{{instance="h", domain="a", criticality="{criticality}"}}'
    samples = [{"labels": '{every=".+"}', "value": 1}] * found
    asked = filled_in(query, {**VALUES, "$__range": "5m"})
    assert_answer(asked, samples, {info: f"1+0x{at} _x40"}, 60 * (at + 30), tmp_path)


@pytest.mark.parametrize("number", [13, 23])
def test_a_graph_reads_the_least_of_months_twice_at_most_and_each_moment_once(number: int) -> None:
    """Each of these takes a third of the second that a graph of 500 VMs may take, or more."""
    expr = panel(PAGE, number)["targets"][0]["expr"]
    assert (expr.count("[$__range]"), expr.count("[$__rate_interval]")) == (2, 1)


@pytest.mark.parametrize("number", [11, 21])
def test_the_share_says_that_hosts_that_do_not_answer_are_not_in_it(number: int) -> None:
    """Of their VMs there are no samples: neither kept nor missed."""
    assert "does not answer" in panel(PAGE, number)["description"]
