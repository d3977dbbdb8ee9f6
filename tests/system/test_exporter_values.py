"""Every value that virsh can say, too, lies between what it says before and after: the table is virsh.txt."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from exporter import itself, scrape
from exporter.collectors.registry import COLLECTORS
from lab import Disk, Guest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lab import Host, Lab, RunningGuest

TABLE = Path(__file__).with_name("virsh.txt")
METRICS = {
    row.name: row
    for table in (scrape.METRICS, itself.METRICS, *(one.metrics for one in COLLECTORS))
    for row in table
}
UNITS = {
    "1": 1, "ns": 1e-9, "ms": 1e-3, "KiB": 1024, "MiB": 1024**2, "MHz": 1e6, "page": 4096,
}  # fmt: skip
WORDS = {
    "yes": ("yes", "enable", "enabled", "on", "up"),
    "running": ("running",),
    "measured": ("2",),
}
SEPARATORS = {
    "domstats": "=", "dommemstat": None, "domblkstat": None, "domifstat": None, "domblklist": None,
    "domif-getlink": None, "vcpupin": None, "iothreadinfo": None,
}  # fmt: skip
COLUMNS = {
    "domiflist": r"(?P<interface>\S+) +(?P<type>\S+) +(?P<source>\S+) +(?P<model>\S+) +(?P<mac>\S+)",
    "net-dhcp-leases": r"(?P<Expiry>\S+ \S+) +(?P<MAC>\S+) +\S+ +(?P<IP>[^/ ]+)/\d+ +(?P<Hostname>\S+)",
}
PATIENCE = 60.0  # seconds: what is read beside the scrape may be some seconds old
EVERYTHING = (
    "--libvirt.read-write", "--agent.interval=1", "--compat=tinkoff", "--compat=inovex",
    *(f"--collector.{one.name}" for one in COLLECTORS if not one.enabled),
)  # fmt: skip


class Row(NamedTuple):
    """A line of the table."""

    unit: str
    key: str
    metric: str
    labels: str


@dataclass
class Section:
    """A command, and what it says; without a command the metrics nobody else says, and why."""

    title: str
    rows: list[Row] = field(default_factory=list)

    @property
    def situation(self) -> str:
        return self.title[1:].partition("]")[0].replace("-", "_")

    @property
    def command(self) -> str:
        return self.title.partition("] ")[2]


def sections() -> tuple[Section, ...]:
    found: list[Section] = []
    for line in TABLE.read_text().splitlines():
        if line.startswith(("[", "nobody: ")):
            found.append(Section(line))
        elif found and found[-1].title.startswith("nobody"):
            found[-1].rows += [Row("", "", metric, "") for metric in line.split()]
        elif line and not line.startswith("#"):
            unit, rest = line.split(None, 1)
            key, metric = rest.rsplit(None, 1)
            name, _, labels = metric.removesuffix("}").partition("{")
            found[-1].rows.append(Row(unit, key.strip(), name, labels))
    return tuple(found)


SECTIONS = sections()
COMPARED = [section for section in SECTIONS if section.command]


@dataclass(frozen=True)
class Subject:
    """Whom virsh is asked about: its names for the table's words; the `age` of what is shown of it."""

    host: Host
    names: Mapping[str, str]
    age: float = 0

    def filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def told(self, command: str) -> dict[str, str]:
        """What virsh says, by key."""
        words = self.filled(command).split()
        output = self.host.virsh(*words)
        if words[0] in COLUMNS:
            match = re.search(COLUMNS[words[0]], output)
            return match.groupdict() if match else {}
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        if words[0] in {"hostname", "emulatorpin"}:
            return {"*": lines[0]}
        separator = SEPARATORS.get(words[0], ":")
        pairs = (line.partition(separator)[::2] if separator else line.rsplit(None, 1) for line in lines)
        return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}

    def labels(self, row: Row) -> dict[str, str]:
        pairs = (pair.partition("=") for pair in self.filled(row.labels).split(",") if pair)
        labels = {name: value for name, _, value in pairs}
        if "domain" in METRICS[row.metric].labels:
            labels["domain"] = self.names["domain"]
        return labels


def number(unit: str, said: str) -> float:
    """What virsh says, in the metric's unit."""
    if unit in WORDS:
        return float(said in WORDS[unit])
    if unit == "local":
        return time.mktime(time.strptime(said, "%Y-%m-%d %H:%M:%S"))
    return float(said.split(maxsplit=1)[0]) * UNITS[unit]


def disagreement(page: Any, subject: Subject, row: Row, before: str | None, after: str | None) -> str:
    """What is wrong; empty if nothing is."""
    labels = subject.labels(row)
    if before is None or after is None:
        return f"virsh does not say {row.key}"
    if row.unit.startswith("="):
        shown = page.labels(row.metric, **labels).get(row.unit[1:])
        return "" if shown in {before, before.split()[-1]} else f"{shown!r}, and virsh {before!r}"
    unit = row.unit.removeprefix("<")
    slack = 2 if unit != row.unit else 1 + 1e-9
    low, high = sorted((number(unit, before), number(unit, after)))
    shown = page.value(row.metric, **labels)
    agrees = shown is not None and low / slack <= shown <= high * slack
    return "" if agrees else f"{shown}, and virsh {low} to {high}"


def test_every_metric_has_its_place_in_the_table() -> None:
    """A new metric must be compared with virsh, or the table says why it is not."""
    compared = {row.metric for section in COMPARED for row in section.rows}
    others = [row.metric for section in SECTIONS if not section.command for row in section.rows]
    assert compared | set(others) == set(METRICS)
    assert compared & set(others) == set()
    assert len(others) == len(set(others))


@pytest.mark.lab
@pytest.mark.parametrize("section", COMPARED, ids=lambda section: section.title)
def test_values_are_virshs(section: Section, exporter: Any, request: pytest.FixtureRequest) -> None:
    subject = request.getfixturevalue(section.situation)
    limit = time.monotonic() + PATIENCE
    wrong = {"nothing": "compared"}
    while wrong and time.monotonic() < limit:
        before = subject.told(section.command)
        time.sleep(subject.age)
        page = exporter.scrape()
        after = subject.told(section.command)
        keys = [(row, subject.filled(row.key)) for row in section.rows]
        found = {
            row.metric: disagreement(page, subject, row, before.get(key), after.get(key)) for row, key in keys
        }
        wrong = {metric: what for metric, what in found.items() if what}
    assert wrong == {}


@pytest.mark.lab
def test_used_memory_is_calculated_from_virshs(suspended: Subject, exporter: Any) -> None:
    page, told = exporter.scrape(), suspended.told("dommemstat {domain}")
    expected = 100 * (1 - int(told["usable"]) / int(told["available"]))
    shown = page.value("libvirt_domain_memory_stats_used_percent", domain=suspended.names["domain"])
    assert shown == pytest.approx(expected)
    assert 0 < expected < 100


# -- situations


@pytest.fixture(scope="module")
def exporter(lab: Lab, fleet: dict[str, RunningGuest], exporting: Any) -> Iterator[Any]:
    """An exporter of the first host, with all there is."""
    assert fleet
    with exporting(f"--libvirt.uri={lab.hosts[0].uri}", *EVERYTHING) as running:
        running.until(lambda page: page.value("libvirt_up") == 1, "libvirt is up")
        yield running


@pytest.fixture
def filling(lab: Lab, fleet: dict[str, RunningGuest]) -> RunningGuest:
    guest = fleet["filling"]
    assert guest.host is lab.hosts[0]
    return guest


@pytest.fixture
def host(lab: Lab) -> Subject:
    return Subject(lab.hosts[0], {})


@pytest.fixture
def suspended(filling: RunningGuest) -> Iterator[Subject]:
    """A guest whose figures stand still, with a disk and a network interface."""
    filling.host.virsh("suspend", filling.name)
    filling.host.virsh("domblkthreshold", filling.name, "vda", "60000000")
    nic = filling.host.virsh("domiflist", filling.name).split()
    if not nic or nic[0] == "-":
        pytest.skip("this lab's guests have user-mode networks, which libvirt does not count")
    yield Subject(filling.host, {"domain": filling.name, "nic": nic[0]})
    filling.host.virsh("resume", filling.name)


@pytest.fixture
def perf(filling: RunningGuest) -> Iterator[Subject]:
    """A guest whose process the kernel counts for."""
    (section,) = (one for one in SECTIONS if one.situation == "perf")
    events = ",".join(row.key.removeprefix("perf.") for row in section.rows)
    filling.host.virsh("perf", filling.name, "--enable", events)
    yield Subject(filling.host, {"domain": filling.name})
    filling.host.virsh("perf", filling.name, "--disable", events)


@pytest.fixture
def dirtied(filling: RunningGuest) -> Subject:
    """A guest whose dirty rate has been measured."""
    filling.host.virsh("domdirtyrate-calc", filling.name, "--seconds", "1")
    return Subject(filling.host, {"domain": filling.name})


@pytest.fixture
def answering(filling: RunningGuest) -> Subject:
    """A guest with an agent."""
    return Subject(filling.host, {"domain": filling.name}, age=2)


TOTALS = (
    "--total-bytes-sec", "50000001", "--total-bytes-sec-max", "60000002", "--total-bytes-sec-max-length", "3",
    "--total-iops-sec", "504", "--total-iops-sec-max", "605", "--total-iops-sec-max-length", "6",
    "--size-iops-sec", "8192",
)  # fmt: skip
WAYS = tuple(
    word
    for place, (way, what) in enumerate(product(("read", "write"), ("bytes", "iops")))
    for suffix, value in (("", 400_001), ("-max", 500_002), ("-max-length", 2))
    for word in (f"--{way}-{what}-sec{suffix}", str(value + 10 * place))
)


@pytest.fixture(scope="module")
def described(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Subject]:
    """A guest that never boots, with an I/O thread, limits, pins, a snapshot and a chain of images."""
    assert fleet
    host = lab.hosts[0]
    made = host.start(Guest("measured", paused=True, disks=(Disk(),)))
    for command in (
        ("iothreadadd", made.name, "3"),
        ("iothreadpin", made.name, "3", "1"),
        ("vcpupin", made.name, "0", "0"),
        ("emulatorpin", made.name, "0-1"),
        ("snapshot-create-as", made.name, "before", "--disk-only"),
        ("blkdeviotune", made.name, "vda", *TOTALS),
    ):
        host.virsh(*command)
    (top,) = re.findall(
        r"block\.0\.backingIndex=(\d+)", host.virsh("domstats", "--block", "--raw", made.name)
    )
    yield Subject(host, {"domain": made.name, "top": top})
    made.destroy()


@pytest.fixture
def limited(described: Subject) -> Iterator[Subject]:
    """The same with limits on reading and writing, which libvirt does not take beside those on both."""
    none = [word if word.startswith("--") else "0" for word in TOTALS]
    name = described.names["domain"]
    described.host.virsh("blkdeviotune", name, "vda", *none)
    described.host.virsh("blkdeviotune", name, "vda", *WAYS)
    yield described
    described.host.virsh("blkdeviotune", name, "vda", *[w if w.startswith("--") else "0" for w in WAYS])
    described.host.virsh("blkdeviotune", name, "vda", *TOTALS)


@pytest.fixture
def backed_up(described: Subject) -> Subject:
    described.host.virsh("backup-begin", described.names["domain"])
    return described


@pytest.fixture
def planned(lab: Lab, tmp_path: Path) -> Iterator[Subject]:
    """A domain that is off and shall have a weight."""
    file = tmp_path / "shared.xml"
    file.write_text(
        "<domain type='qemu'><name>shared</name><memory unit='MiB'>64</memory>"
        "<cputune><shares>1536</shares></cputune><os><type arch='x86_64'>hvm</type></os></domain>"
    )
    lab.hosts[0].virsh("define", str(file))
    yield Subject(lab.hosts[0], {"domain": "shared"})
    lab.hosts[0].virsh("undefine", "shared")


@pytest.fixture
def moving(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Subject]:
    """A guest that stands still while it is moved slowly, with a disk that only this host has."""
    guest, (source, target) = fleet["busy"], lab.hosts
    for one in lab.hosts:
        image = one.folder / "lib/images/moving.raw"
        image.parent.mkdir(exist_ok=True)
        image.write_bytes(b"x" * (4 << 20))
    inside = "/var/lib/libvirt/images/moving.raw"
    source.virsh("attach-disk", guest.name, inside, "vdz", "--live", "--targetbus", "virtio")
    source.virsh("suspend", guest.name)
    flags = ("--copy-storage-all", "--migrate-disks", "vdz", "--compressed", "--comp-methods", "xbzrle")
    migration = lab.begin_migration(guest, to=target, bandwidth_mib=4, flags=flags)
    subject = Subject(source, {"domain": guest.name}, age=0.6)
    while "memory_bps" not in subject.told("domjobinfo {domain} --rawstats"):
        assert migration.running()
        time.sleep(0.2)
    yield subject
    migration.cancel()
    source.virsh("resume", guest.name)
    source.virsh("detach-disk", guest.name, "vdz", "--live")


@pytest.fixture
def moved(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Subject]:
    """A guest that has come to this host."""
    guest, (here, there) = fleet["idle"], lab.hosts
    lab.migrate(guest, to=here)
    yield Subject(here, {"domain": guest.name})
    lab.migrate(guest, to=there)


@pytest.fixture
def stored(lab: Lab, tmp_path: Path) -> Iterator[Subject]:
    """A pool with a volume."""
    virsh = lab.hosts[0].virsh
    virsh("pool-define-as", "values", "dir", "--target", str(tmp_path))
    virsh("pool-start", "values")
    virsh("vol-create-as", "values", "web.qcow2", "64M", "--format", "qcow2")
    yield Subject(lab.hosts[0], {"pool": "values"})
    virsh("pool-destroy", "values")
    virsh("pool-undefine", "values")


@pytest.fixture
def networked(lab: Lab, tmp_path: Path) -> Iterator[Subject]:
    """A network with a lease; no DHCP server runs here: its status file, which libvirt reads, is written."""
    host = lab.hosts[0]
    definition = tmp_path / "network.xml"
    definition.write_text(
        "<network><name>values</name><forward mode='bridge'/><bridge name='lab0'/></network>"
    )
    status = host.folder / "lib/dnsmasq/lab0.status"
    status.parent.mkdir(exist_ok=True)
    lease = {"ip-address": "10.77.0.9", "mac-address": "52:54:00:77:00:09", "hostname": "web"}
    status.write_text(json.dumps([lease | {"expiry-time": int(time.time()) + 3600}]))
    host.virsh("net-define", str(definition))
    host.virsh("net-start", "values")
    yield Subject(host, {"network": "values"})
    host.virsh("net-destroy", "values")
    host.virsh("net-undefine", "values")
    status.unlink(missing_ok=True)
