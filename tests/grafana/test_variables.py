"""What narrows the pages of many VMs, asked of a real Prometheus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from dashboards import VALUES, filled_in, variable_expression, variables
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1_790_000_000  # seconds
SAMPLES = (
    'vm:cpu_utilization:ratio{provider="libvirt",instance="a",domain="shop-1"}',
    'vm:cpu_utilization:ratio{provider="libvirt",instance="b",domain="nobody-1"}',
    'vm:cpu_utilization:ratio{provider="vmware",instance="c",domain="shop-2"}',
    'vm:owner:info{provider="libvirt",instance="a",domain="shop-1",owner="shop"}',
    'vm:owner:info{provider="vmware",instance="c",domain="shop-2",owner="shop"}',
    'libvirt_up{instance="a"}',
    'libvirt_up{instance="empty"}',
    'vm:cpu_utilization:ratio:avg5m{instance="a"}',
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    text = "".join(f"{series} 1 {NOW}\n" for series in SAMPLES)
    with filled(f"{text}# EOF\n".encode(), tmp_path_factory.mktemp("variables")) as url:
        yield url


def values(url: str, page: str, name: str, **chosen: str) -> set[str]:
    """What the variable of the page offers while these values of others are chosen."""
    variable = variables(json.loads((PAGES / f"virtcast-{page}.json").read_text()))[name]
    every = VALUES | {"$instance": ".*"} | {f"${name}": value for name, value in chosen.items()}
    query = filled_in(variable_expression(variable), every)
    answer = requests.post(f"{url}/api/v1/query", data={"query": query, "time": NOW}, timeout=30).json()
    assert answer["status"] == "success", answer
    rows = [each["metric"] for each in answer["data"]["result"]]
    if not variable.get("regex"):
        return {row[label] for row in rows for label in [_label(variable)] if label in row}
    texts = (",".join(f'{label}="{text}"' for label, text in row.items()) for row in rows)
    return {said[1] for text in texts if (said := re.search(variable["regex"].strip("/"), text))}


def _label(variable: dict[str, dict[str, str]]) -> str:
    return variable["query"]["query"].rpartition(",")[2].strip(" )")


@pytest.mark.parametrize("page", ["fleet", "insights", "capacity", "migrations"])
def test_while_all_are_chosen_no_vm_is_named(prometheus: str, page: str) -> None:
    assert values(prometheus, page, "vms") == {".*"}
    assert values(prometheus, page, "instance") == {"a", "b", "c", "empty"}


@pytest.mark.parametrize(
    ("chosen", "vms", "hosts"),
    [
        ({"owner": "shop"}, {"shop-1", "shop-2"}, {"a", "c"}),
        ({"provider": "vmware"}, {"shop-2"}, {"c"}),
        ({"provider": "(libvirt|vmware)"}, {"shop-1", "nobody-1", "shop-2"}, {"a", "b", "c"}),
        ({"provider": "libvirt", "owner": "shop"}, {"shop-1"}, {"a"}),
    ],
)
def test_providers_and_owners_leave_their_vms_and_hosts(
    prometheus: str, chosen: dict[str, str], vms: set[str], hosts: set[str]
) -> None:
    assert values(prometheus, "fleet", "vms", **chosen) == vms
    assert values(prometheus, "fleet", "instance", **chosen) == hosts


def test_only_vms_of_the_chosen_hosts_are_left(prometheus: str) -> None:
    assert values(prometheus, "fleet", "vms", owner="shop", instance="c") == {"shop-2"}


def test_aggregates_of_all_resources_are_not_read_for_one(prometheus: str) -> None:
    assert values(prometheus, "insights", "peak") == {":max5m"}
    assert values(prometheus, "insights", "peak", resource="vm_cpu") == set()
    assert values(prometheus, "insights", "mean", resource="vm_cpu") == {":avg5m"}
