"""The topology: circles for VMs while they can be told apart, else for hosts and networks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from dashboards import VALUES, filled_in, panel, variable_expression, variables
from filled_prometheus import filled
from grafana.subjects.topology import VMS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-network.json"
NOW = 1_790_000_000  # seconds
HOSTS = ("host-a", "host-b", "host-c")
EVERY = {"$instance": ".*", "$network": ".*"}


def samples() -> Iterator[str]:
    """One VM more than are drawn, on a bridge that all hosts have; one of each host on a network, too."""
    for number in range(VMS + 1):
        vm = f'domain="vm-{number:02}",instance="{HOSTS[number % 3]}"'
        yield f'libvirt_domain_state{{state="running",{vm}}} 1 {NOW}'
        info = "libvirt_domain_interface_stats_info"
        yield f'{info}{{source_bridge="br0",target_device="v0",{vm}}} 1 {NOW}'
        if number < len(HOSTS):
            yield f'{info}{{source_network="storage",source_bridge="virbr1",target_device="v1",{vm}}} 1 {NOW}'
    off = 'domain="off",instance="host-a"'
    yield f'libvirt_domain_state{{state="shutoff",{off}}} 1 {NOW}'
    yield f'libvirt_domain_interface_stats_info{{source_bridge="br0",{off}}} 1 {NOW}'


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    text = "\n".join([*sorted(samples()), "# EOF\n"])
    with filled(text.encode(), tmp_path_factory.mktemp("topology")) as url:
        yield url


def drawn(url: str, **chosen: str) -> list[list[tuple[dict[str, str], float]]]:
    """Labels and values of each of the panel's queries: hosts, VMs, networks, lines."""
    values = {
        **VALUES,
        **EVERY,
        **{
            f"${{{name}}}" if f"${{{name}}}" in VALUES else f"${name}": value
            for name, value in chosen.items()
        },
    }
    answers = []
    for target in panel(json.loads(PAGE.read_text()), 41)["targets"]:
        asked: dict[str, Any] = {"query": filled_in(target["expr"], values), "time": NOW}
        found = requests.post(f"{url}/api/v1/query", data=asked, timeout=30).json()
        assert found["status"] == "success", found
        answers.append([(each["metric"], float(each["value"][1])) for each in found["data"]["result"]])
    return answers


def offered(url: str) -> list[str]:
    """The networks that can be chosen, as Grafana takes them out of the answer."""
    variable = variables(json.loads(PAGE.read_text()))["network"]
    asked: dict[str, Any] = {"query": filled_in(variable_expression(variable), EVERY), "time": NOW}
    found = requests.post(f"{url}/api/v1/query", data=asked, timeout=30).json()
    assert found["status"] == "success", found
    rows = (
        ",".join(f'{label}="{text}"' for label, text in each["metric"].items())
        for each in found["data"]["result"]
    )
    said = (re.search(variable["regex"].strip("/"), f"{{{row}}} 1 {NOW}000") for row in rows)
    return sorted(each[1] for each in said if each)


def test_each_network_that_is_offered_is_drawn(prometheus: str) -> None:
    """Not the bridge below a network of libvirt: no circle has its name."""
    assert offered(prometheus) == ["br0", "storage"]
    for network in offered(prometheus):
        _, _, networks, _ = drawn(prometheus, network=network)
        assert {title for title, _ in texts(networks)} == {network}


def texts(nodes: list[tuple[dict[str, str], float]]) -> set[tuple[str, str]]:
    return {(labels["title"], labels["subtitle"]) for labels, _ in nodes}


def test_of_many_vms_hosts_and_networks_are_drawn(prometheus: str) -> None:
    hosts, vms, networks, lines = drawn(prometheus)
    assert texts(hosts) == {("host-a", "9 VMs"), ("host-b", "8 VMs"), ("host-c", "8 VMs")}
    assert vms == []
    assert texts(networks) == {("br0", "25 VMs"), ("storage", "3 VMs")}
    assert len(lines) == len(hosts) * len(networks)


def test_of_one_host_its_vms_are_drawn(prometheus: str) -> None:
    hosts, vms, networks, lines = drawn(prometheus, instance="host-a")
    assert texts(hosts) == {("host-a", "9 VMs")}
    assert len(vms) == 9
    assert "off" not in {title for title, _ in texts(vms)}
    assert texts(networks) == {("br0", "9 VMs on host-a"), ("storage", "1 VM on host-a")}
    assert len(lines) == 9 + 10  # to the host, to networks


def test_one_network_or_vm_can_be_chosen(prometheus: str) -> None:
    _, vms, networks, _ = drawn(prometheus, network="storage")
    assert texts(vms) == {("vm-00", "host-a"), ("vm-01", "host-b"), ("vm-02", "host-c")}
    assert {title for title, _ in texts(networks)} == {"storage"}
    hosts, vms, networks, _ = drawn(prometheus, domain="vm-0(1|4)")
    assert (len(hosts), len(vms)) == (1, 2)


@pytest.mark.parametrize("chosen", [{}, {"instance": "host-a"}])
def test_each_line_has_both_its_ends(prometheus: str, chosen: dict[str, str]) -> None:
    *rows, lines = drawn(prometheus, **chosen)
    nodes = {labels["id"] for nodes in rows for labels, _ in nodes}
    ends = {labels[end] for labels, _ in lines for end in ("source", "target")}
    assert ends == nodes


def test_circles_of_a_row_share_its_width(prometheus: str) -> None:
    """The value is the middle of the first one's share; the panel adds the place in the row."""
    hosts, _, networks, _ = drawn(prometheus)
    assert [value for _, value in hosts] == pytest.approx([0.5 / 3 - 0.5] * 3)
    assert [value for _, value in networks] == pytest.approx([0.5 / 2 - 0.5] * 2)
    assert [rows[0][0]["fixedy"] for rows in (hosts, networks)] == ["-170", "170"]
