"""What pages say of hosts and storage pools does not contradict itself or the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from answered import assert_answer
from dashboards import columns, filled_in, panel, styles

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


def shown(page: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)
    return found


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
