"""The whole stack on the lab: what is ended is missed by the others, and comes back alone."""

from __future__ import annotations

import json
import re
import signal
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from demo.services import Processes
from demo.stack import Addresses, configure, services
from forecaster.config.model import Backend
from forecaster.promql.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab import Host, Lab, RunningGuest

pytestmark = pytest.mark.lab
PATIENCE = 30.0


class Stack:
    """The demo's programs on the lab's hosts."""

    def __init__(self, run: Path, lab: Lab) -> None:
        self.hosts = lab.hosts
        self.addresses = Addresses.choose(lab.hosts)
        configure(run, self.addresses, lab.hosts)
        self.processes = Processes(run)
        self.client = Client(Backend(url=self.addresses.url["prometheus"], timeout=5, retries=0))

    def start(self) -> None:
        for service in services(self.processes.run, self.addresses, self.hosts):
            self.processes.start(service)
        self.processes.wait_up(60)

    def values(self, expression: str, label: str) -> dict[str, float]:
        tracks = self.client.query(expression, int(time.time()))
        return {dict(track.labels)[label]: float(track.values[-1]) for track in tracks}

    def pids(self) -> dict[str, int | None]:
        daemons = {f"libvirtd-{host.name}": host.daemon_pid for host in self.hosts}
        return {**daemons, **{name: self.processes.pid(name) for name in self.processes.services}}


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.3)


# What the forecaster says of guests: of new ones that they are being learned.
KNOWN = 'virtcast_series_state{domain!=""} or virtcast_baseline_value{domain!=""}'


@pytest.fixture(scope="module")
def stack(
    lab: Lab, fleet: dict[str, RunningGuest], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    assert fleet
    running = Stack(tmp_path_factory.mktemp("stack"), lab)
    try:
        running.start()
        up = {host.name: 1.0 for host in lab.hosts}
        eventually(lambda: running.values("libvirt_up", "instance") == up, "both hosts up in Prometheus")
        eventually(
            lambda: bool(running.values(KNOWN, "domain")),
            "the forecaster knows the guests",
        )
        yield running
    finally:
        running.processes.stop()
        running.client.close()


def unchanged(stack: Stack, before: dict[str, int | None], but: str) -> None:
    after = stack.pids()
    assert {name for name in before if after[name] != before[name]} == {but}


def test_prometheus_is_missed_by_the_forecaster_and_comes_back(stack: Stack) -> None:
    before = stack.pids()
    stack.processes.kill("prometheus")
    page = stack.addresses.url["forecaster"] + "/metrics"
    eventually(lambda: "virtcast_prometheus_up 0" in fetched(page), "the forecaster tells it")
    stack.processes.start(stack.processes.services["prometheus"])
    eventually(lambda: stack.processes.is_up("prometheus"), "Prometheus is ready again")
    eventually(lambda: "virtcast_prometheus_up 1" in fetched(page), "the forecaster asks it again")
    eventually(
        lambda: bool(stack.values(KNOWN, "domain")),
        "Prometheus has the forecasts again",
    )
    unchanged(stack, before, but="prometheus")


def test_libvirtd_is_shown_as_down_and_comes_back(stack: Stack) -> None:
    before = stack.pids()
    host: Host = stack.hosts[0]
    host.stop_daemon(signal.SIGKILL)
    eventually(lambda: stack.values("libvirt_up", "instance").get(host.name) == 0, "libvirt_up 0")
    assert stack.values("libvirt_up", "instance")[stack.hosts[1].name] == 1
    host.start_daemon()
    eventually(lambda: stack.values("libvirt_up", "instance").get(host.name) == 1, "libvirt_up 1")
    unchanged(stack, before, but=f"libvirtd-{host.name}")


def test_the_inventory_has_every_guest_with_its_parts(stack: Stack, fleet: dict[str, RunningGuest]) -> None:
    url = stack.addresses.url["forecaster"] + "/api/v1/inventory"

    def told() -> dict[str, Any]:
        data: dict[str, Any] = json.loads(fetched(url))["data"]
        return data

    def complete() -> bool:
        vms = {vm["domain"]: vm for vm in told()["vms"] if vm["state"] == "running"}
        return all(vms.get(name, {}).get("virtual_cpus") for name in fleet)

    eventually(complete, "the inventory has every guest")
    found = told()
    assert found["missing"] == []
    vms = {vm["domain"]: vm for vm in found["vms"] if vm["state"] == "running"}
    for name, guest in fleet.items():
        said = guest.host.virsh("dominfo", name)
        assert f"CPU(s): {vms[name]['virtual_cpus']:.0f}" in " ".join(said.split())
        assert f"Max memory: {vms[name]['maximum_memory_bytes'] / 1024:.0f} KiB" in " ".join(said.split())
        assert vms[name]["uuid"] in said
        assert vms[name]["instance"] == guest.host.name
        disks = {disk["target_device"]: disk["source"] for disk in vms[name]["disks"]}
        words = guest.host.virsh("domblklist", name).split()
        assert set(disks) == {word for word in words if re.fullmatch("[hsv]d[a-z]", word)}
        assert set(disks.values()) <= set(words)
    assert {host["instance"] for host in found["hosts"] if host["cpus"]} == {
        host.name for host in stack.hosts
    }


def fetched(url: str) -> str:
    with urlopen(url, timeout=5) as answer:  # noqa: S310 (loopback)
        return str(answer.read(), "utf-8")
