"""What stands beside the domains on a real host, against virsh: pools, networks, node, processes."""

from __future__ import annotations

import gc
import json
import os
import re
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.collectors.registry import COLLECTORS, needs
from exporter.source.connection import start_event_loop
from exporter.source.host import Host as SourceHost
from exporter.source.settings import Settings
from exporting import exporting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter, Page
    from lab import Host, Lab, RunningGuest

pytestmark = pytest.mark.lab

MIB = 1024 * 1024
TICKS = os.sysconf("SC_CLK_TCK")
OPT_IN = ("--collector.volume", "--collector.lease", "--collector.process")


@pytest.fixture(scope="module")
def exporter(
    lab: Lab, fleet: dict[str, RunningGuest], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporter]:
    """An exporter of the first host that may be asked for the second as well, by the alias `second`."""
    assert fleet
    first, second = lab.hosts
    file = tmp_path_factory.mktemp("exporter") / "exporter.yml"
    file.write_text(f'targets:\n  second: {{uri: "{second.uri}"}}\n')
    with exporting(f"--libvirt.uri={first.uri}", f"--config.file={file}", *OPT_IN) as running:
        running.until(lambda page: page.value("libvirt_up") == 1, "libvirt is up")
        yield running


@pytest.fixture
def pool(lab: Lab, tmp_path: Path) -> Iterator[str]:
    """A directory as a pool of the first host, with a volume."""
    host = lab.hosts[0]
    host.virsh("pool-define-as", "images", "dir", "--target", str(tmp_path))
    host.virsh("pool-start", "images")
    host.virsh("vol-create-as", "images", "web.qcow2", "64M", "--format", "qcow2")
    yield "images"
    host.virsh("pool-destroy", "images")
    host.virsh("pool-undefine", "images")


def told(host: Host, *command: str) -> dict[str, str]:
    """What virsh prints as `Name: value`, by name in lower case."""
    lines = (line.split(":", 1) for line in host.virsh(*command).splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in lines}


def test_a_pool_and_its_volume_are_virshs(exporter: Exporter, lab: Lab, pool: str) -> None:
    host = lab.hosts[0]
    shown = told(host, "pool-info", pool, "--bytes")
    volume = told(host, "vol-info", "web.qcow2", pool, "--bytes")
    page = exporter.until(
        lambda page: page.value("libvirt_pool_state", pool=pool, state="running") == 1, "it runs"
    )
    sizes = {
        size: page.value(f"libvirt_pool_info_{size}_bytes", pool=pool)
        for size in ("capacity", "allocation", "available")
    }
    assert sizes == {size: float(shown[size]) for size in sizes}
    assert sizes["capacity"] == (sizes["allocation"] or 0) + (sizes["available"] or 0)
    (about,) = [one for one in page.series("libvirt_pool_info") if one["pool"] == pool]
    assert (about["uuid"], about["type"]) == (shown["uuid"], "dir")
    labels = {"pool": pool, "volume": "web.qcow2"}
    page = exporter.until(
        lambda page: page.value("libvirt_volume_capacity_bytes", **labels) is not None, "it is listed"
    )
    assert page.value("libvirt_volume_capacity_bytes", **labels) == 64 * MIB
    assert page.value("libvirt_volume_allocation_bytes", **labels) == float(volume["allocation"].split()[0])


def test_a_file_name_that_is_not_utf8_costs_its_volume_only(
    exporter: Exporter, lab: Lab, pool: str, tmp_path: Path
) -> None:
    """Volumes are read every 15 s; a refresh of their pool ends that."""
    exporter.until(lambda page: bool(page.series("libvirt_volume_capacity_bytes")), "its volume is listed")
    (tmp_path / os.fsdecode(b"Pr\xfcfung.iso")).touch()
    lab.hosts[0].virsh("pool-refresh", pool)
    began = time.monotonic()
    page = exporter.until(
        lambda page: page.value("libvirt_reading_skipped_items", reading="volumes") == 1, "it is left out"
    )
    assert time.monotonic() - began < 5
    assert {one["volume"] for one in page.series("libvirt_volume_capacity_bytes")} == {"web.qcow2"}
    assert page.value("libvirt_reading_failures_total", reading="volumes") == 0


def test_a_pool_that_stops_is_seen_at_once(exporter: Exporter, lab: Lab, pool: str) -> None:
    """Readings of pools serve for 15 s; events end that."""
    host = lab.hosts[0]
    exporter.until(lambda page: page.value("libvirt_pool_state", pool=pool, state="running") == 1, "it runs")
    host.virsh("pool-destroy", pool)
    began = time.monotonic()
    page = exporter.until(
        lambda page: page.value("libvirt_pool_state", pool=pool, state="inactive") == 1, "it is inactive"
    )
    took = time.monotonic() - began
    host.virsh("pool-start", pool)
    assert took < 5
    assert page.value("libvirt_pool_info_capacity_bytes", pool=pool) is None


def test_networks_and_leases_are_virshs(exporter: Exporter, lab: Lab, tmp_path: Path) -> None:
    """No DHCP server runs here: its status file, which libvirt reads, is written instead."""
    host = lab.hosts[0]
    definition = tmp_path / "network.xml"
    definition.write_text("<network><name>lab</name><forward mode='bridge'/><bridge name='lab0'/></network>")
    status = host.folder / "lib/dnsmasq/lab0.status"
    status.parent.mkdir(exist_ok=True)
    expiry = int(time.time()) + 3600
    lease = {
        "ip-address": "10.77.0.9",
        "mac-address": "52:54:00:77:00:09",
        "hostname": "web",
        "expiry-time": expiry,
    }
    status.write_text(json.dumps([lease]))
    host.virsh("net-define", str(definition))
    try:
        page = exporter.until(
            lambda page: page.value("libvirt_network_active", network="lab") == 0, "it is there"
        )
        assert page.value("libvirt_network_dhcp_leases", network="lab") is None
        host.virsh("net-start", "lab")
        page = exporter.until(
            lambda page: page.value("libvirt_network_active", network="lab") == 1, "it is up"
        )
        shown, leases = told(host, "net-info", "lab"), host.virsh("net-dhcp-leases", "lab")
        (about,) = page.series("libvirt_network_info")
        assert (about["uuid"], about["bridge"]) == (shown["uuid"], shown["bridge"])
        assert page.value("libvirt_network_dhcp_leases", network="lab") == 1
        (about,) = page.series("libvirt_network_dhcp_lease_info")
        assert all(about[label] in leases for label in ("mac_address", "ip_address", "hostname"))
        assert page.value("libvirt_network_dhcp_lease_expiry_timestamp_seconds", network="lab") == expiry
    finally:
        host.virsh("net-destroy", "lab")
        host.virsh("net-undefine", "lab")
        status.unlink(missing_ok=True)


def test_the_node_lies_between_virsh_before_and_after(exporter: Exporter, lab: Lab) -> None:
    host = lab.hosts[0]
    before, page, after = told(host, "nodecpustats"), exporter.scrape(), told(host, "nodecpustats")
    for mode in ("user", "system", "idle", "iowait"):
        value = page.value("libvirt_node_cpu_seconds_total", mode=mode)
        assert value is not None
        assert int(before[mode]) / 1e9 <= value <= int(after[mode]) / 1e9
    memory, shape = told(host, "nodememstats"), told(host, "nodeinfo")
    assert page.value("libvirt_node_memory_total_bytes") == int(memory["total"].split()[0]) * 1024
    assert page.value("libvirt_node_cpus") == int(shape["cpu(s)"])
    pages = told(host, "freepages", "--cellno", "0", "--pagesize", "2048KiB")
    assert page.value("libvirt_node_cell_free_pages", cell="0", page_size="2097152") == int(pages["2048kib"])
    (about,) = page.series("libvirt_node_info")
    assert (about["model"], about["cells"]) == (shape["cpu model"], shape["numa cell(s)"])


def test_processes_are_the_kernels(exporter: Exporter, fleet: dict[str, RunningGuest]) -> None:
    guest = fleet["busy"]
    before, page, after = cpu_time(guest.pid), exporter.scrape(), cpu_time(guest.pid)
    used = [
        page.value("libvirt_domain_process_cpu_seconds_total", domain=guest.name, mode=mode) or 0
        for mode in ("user", "system")
    ]
    assert before - 1e-6 <= sum(used) <= after + 1e-6
    assert page.value("libvirt_domain_process_resident_memory_bytes", domain=guest.name) == pytest.approx(
        int(Path(f"/proc/{guest.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"), rel=0.2
    )
    assert {one["domain"] for one in page.series("libvirt_domain_process_threads")} == {
        one.name for one in fleet.values() if one.host is guest.host
    }


def cpu_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def test_the_machine_is_told_where_libvirt_is_local(exporter: Exporter) -> None:
    page = exporter.scrape()
    idle = page.value("libvirt_host_cpu_seconds_total", mode="idle")
    later = exporter.scrape().value("libvirt_host_cpu_seconds_total", mode="idle")
    total = int(re.findall(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text())[0]) * 1024
    assert idle is not None
    assert later is not None
    assert later >= idle > 0
    assert page.value("libvirt_host_memory_total_bytes") == total
    assert page.value("libvirt_reading_failures_total", reading="machine") == 0


def test_another_host_is_probed_by_its_alias(
    exporter: Exporter, lab: Lab, fleet: dict[str, RunningGuest]
) -> None:
    def domains(page: Page) -> set[str]:
        return {one["domain"] for one in page.series("libvirt_domain_info_virtual_cpus")}

    here = {guest.name for guest in fleet.values() if guest.host is lab.hosts[1]}
    page = exporter.until(lambda page: bool(domains(page)), "it is opened", path="/probe?target=second")
    assert domains(page) == here
    assert here.isdisjoint(domains(exporter.scrape()))
    with pytest.raises(urllib.error.HTTPError, match="404"):
        exporter.scrape(f"/probe?target={lab.hosts[1].uri}")


def test_a_host_that_is_closed_gives_all_connections_and_threads_back(lab: Lab) -> None:
    """As with a target of /probe that nobody asks for any more."""
    settings = Settings(uri=lab.hosts[0].uri, needs=needs(COLLECTORS))
    start_event_loop()
    before = sockets(), threading.active_count()
    for _ in range(2):
        host = SourceHost(settings)
        host.start()
        assert host.collect(time.monotonic() + 10).connection.up
        assert sockets() > before[0]
        host.stop()
        del host
    limit = time.monotonic() + 20
    timer = 1  # which all hosts share
    while (
        sockets() > before[0] or threading.active_count() > before[1] + timer
    ) and time.monotonic() < limit:
        gc.collect()
        time.sleep(0.1)
    assert sockets() == before[0]
    assert threading.active_count() <= before[1] + timer


def sockets() -> int:
    """Of this process."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found += str(entry.readlink()).startswith("socket")
    return found
