"""What pages say of hosts and storage pools does not contradict itself or the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from answered import assert_answer
from dashboards import VALUES, columns, filled_in, panel, styles, variable_expression, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1200  # seconds; promtool's clock starts at 0
SERIES = {
    # A pool whose file system is seen, and one of which libvirt's last refresh is known only.
    'libvirt_pool_info_available_bytes{instance="h", pool="images"}': 500,
    'libvirt_pool_filesystem_available_bytes{instance="h", pool="images"}': 30,
    'libvirt_pool_info_available_bytes{instance="h", pool="lvm"}': 70,
    # Ten VMs of each host have a CPU use; one of h and ten of g have a memory use, as they tell it.
    **{
        f'host:{name}{{instance="{host}"}}': value
        for host, memory, told in (("h", 0.9, 1), ("g", 0.1, 10))
        for name, value in (
            ("vms:count", 10),
            ("vms_memory:count", told),
            ("vms_memory_utilization:ratio", memory),
        )
    },
    'host:vms:count{instance="tells-no-memory"}': 10,
    # A network with a range of its own, and one whose range libvirt does not know.
    'libvirt_network_active{instance="h", network="small"}': 1,
    'libvirt_network_dhcp_addresses{instance="h", network="small"}': 20,
    'libvirt_network_dhcp_leases{instance="h", network="small"}': 19,
    'libvirt_network_dhcp_addresses{instance="h", network="other"}': 0,
    'libvirt_network_dhcp_leases{instance="h", network="other"}': 25.3,
}


def page(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAGES / f"virtcast-{name}.json").read_text())
    return found


def shown(name: str, number: int) -> dict[str, Any]:
    return panel(page(name), number)


def answer(expr: str, expected: Mapping[str, float], folder: Path) -> None:
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    series = {name: f"{value}+0x20" for name, value in SERIES.items()}
    assert_answer(f"round({filled_in(expr)}, 0.001)", samples, series, NOW, folder)


@pytest.mark.parametrize(("page", "number"), [("fleet", 16), ("host", 12), ("capacity", 23), ("storage", 1)])
def test_what_a_pool_has_free_is_as_new_as_what_is_used(page: str, number: int, tmp_path: Path) -> None:
    expected = {'{instance="h", pool="images"}': 30, '{instance="h", pool="lvm"}': 70}
    free = columns(shown(page, number))["Free"].replace("$instance", "h")  # one host, on its page
    answer(free, expected, tmp_path)


def test_the_mean_of_memory_weighs_hosts_by_the_vms_that_tell_it(tmp_path: Path) -> None:
    answer(shown("insights", 42)["targets"][0]["expr"], {"{}": round((0.9 + 10 * 0.1) / 11, 3)}, tmp_path)


def test_the_mean_of_memory_is_known_of_days_before_its_weights(tmp_path: Path) -> None:
    """Rules of before know how many VMs there were, not yet how many of them told their memory."""
    day = 1440  # minutes
    series = {
        name: f"{value}+0x{day + 20}" for name, value in SERIES.items() if "vms_memory:count" not in name
    }
    expr = filled_in(shown("insights", 42)["targets"][1]["expr"])
    expected = [{"labels": "{}", "value": 0.5}]
    assert_answer(f"round({expr}, 0.001)", expected, series, day * 60 + NOW, tmp_path)


@pytest.mark.parametrize(
    ("page", "number", "name"),
    [
        ("network", 21, "host:vms_network_receive_bytes:rate"),
        ("migrations", 25, "host:cpu_utilization:ratio"),
        ("migrations", 26, "host:memory_utilization:ratio"),
        ("storage", 22, "host:vms_disk_latency:seconds"),
    ],
)
@pytest.mark.parametrize("halves", ["", ":avg30m"])
def test_lines_of_hosts_show_what_was_in_a_step(
    page: str, number: int, name: str, halves: str, tmp_path: Path
) -> None:
    """Not what was at its end: over three months, that would be midnight and noon."""
    values = {**VALUES, "$halves": halves, "$__rate_interval": "11m"}
    expr = filled_in(shown(page, number)["targets"][0]["expr"], values)
    series = {
        f'{name}{halves}{{instance="h"}}': "0+0x9 12+0x5 0",  # 11 minutes, six of them at 12
        'libvirt_domain_job_info{instance="h", domain="a", operation="migration_out"}': "1",
    }
    assert_answer(f"round({expr})", [{"labels": '{instance="h"}', "value": 6}], series, 16 * 60, tmp_path)


@pytest.mark.parametrize(("days", "recorded", "found"), [(6, "1+0x20", 1), (6, "_x20", 0), (4, "1+0x20", 0)])
def test_means_are_read_over_many_days_where_rules_record_them(
    days: int, recorded: str, found: int, tmp_path: Path
) -> None:
    """Over fewer, points are closer to one another than means of half hours."""
    query = variable_expression(variables(page("network"))["halves"])
    asked = filled_in(query, {**VALUES, "$__range_s": str(days * 86_400)})
    expected = [{"labels": '{suffix=":avg30m"}', "value": 1}] * found
    assert_answer(asked, expected, {'host:vms:count:avg30m{instance="h"}': recorded}, NOW, tmp_path)


def test_leases_are_told_beside_the_range_that_the_alert_takes(tmp_path: Path) -> None:
    found = columns(shown("network", 4))
    small, other = (f'{{instance="h", network="{name}"}}' for name in ("small", "other"))
    answer(found["Addresses"], {small: 20}, tmp_path)
    answer(found["Leased"], {small: 0.95, other: 0.1}, tmp_path)


@pytest.mark.parametrize(("number", "header", "critical"), [(31, "Data", 0.9), (31, "Metadata", 0.8)])
def test_a_thin_pool_is_red_where_its_alert_fires(number: int, header: str, critical: float) -> None:
    (style,) = [each for each in styles(shown("storage", number)).values() if each["displayName"] == header]
    assert style["thresholds"]["steps"][-1] == {
        "color": style["thresholds"]["steps"][-1]["color"],
        "value": critical,
    }
