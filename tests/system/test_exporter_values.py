"""Every value that virsh can say, too, lies between what it says before and after; see virsh_table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from exporter import exporter_metrics, scrape
from exporter.collectors.registry import COLLECTORS
from exporting import exporting
from virsh_table import sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter, Page
    from lab import Lab, RunningGuest
    from virsh_table import Row, Section, Subject

METRICS = {
    row.name: row
    for table in (scrape.METRICS, exporter_metrics.METRICS, *(one.metrics for one in COLLECTORS))
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
PATIENCE = 60.0  # seconds: what is read beside the scrape may be some seconds old
EVERYTHING = (
    "--libvirt.read-write", "--agent.interval=1", "--compat=tinkoff", "--compat=inovex",
    *(f"--collector.{one.name}" for one in COLLECTORS if not one.enabled),
)  # fmt: skip


SECTIONS = sections()
COMPARED = [section for section in SECTIONS if section.command]


def labels_of(subject: Subject, row: Row) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in subject.filled(row.labels).split(",") if pair)
    labels = {name: value for name, _, value in pairs}
    if "domain" in METRICS[row.metric].labels:
        labels["domain"] = subject.names["domain"]
    return labels


def number(unit: str, said: str) -> float:
    """What virsh says, in the metric's unit."""
    if unit in WORDS:
        return float(said in WORDS[unit])
    if unit == "local":
        return time.mktime(time.strptime(said, "%Y-%m-%d %H:%M:%S"))
    return float(said.split(maxsplit=1)[0]) * UNITS[unit]


def disagreement(page: Page, subject: Subject, row: Row, before: str | None, after: str | None) -> str:
    """What is wrong; empty if nothing is."""
    labels = labels_of(subject, row)
    if before is None or after is None:
        return f"virsh does not say {row.key}"
    if row.unit.startswith("="):
        shown = page.labels(row.metric, **labels).get(row.unit[1:])
        return "" if shown in {before, before.split()[-1]} else f"{shown!r}, and virsh {before!r}"
    unit = row.unit.removeprefix("<")
    slack = 2 if unit != row.unit else 1 + 1e-9
    low, high = sorted((number(unit, before), number(unit, after)))
    value = page.value(row.metric, **labels)
    agrees = value is not None and low / slack <= value <= high * slack
    return "" if agrees else f"{value}, and virsh {low} to {high}"


def test_every_metric_has_its_place_in_the_table() -> None:
    """A new metric must be compared with virsh, or the table says why it is not."""
    compared = {row.metric for section in COMPARED for row in section.rows}
    others = [row.metric for section in SECTIONS if not section.command for row in section.rows]
    assert compared | set(others) == set(METRICS)
    assert compared & set(others) == set()
    assert len(others) == len(set(others))


@pytest.mark.lab
@pytest.mark.parametrize("section", COMPARED, ids=lambda section: section.title)
def test_values_are_virshs(section: Section, exporter: Exporter, request: pytest.FixtureRequest) -> None:
    subject = request.getfixturevalue(section.situation)
    limit = time.monotonic() + PATIENCE
    wrong = dict.fromkeys(section.rows, "not compared")
    while wrong and time.monotonic() < limit:
        before = subject.told(section.command)
        time.sleep(subject.age)
        page = exporter.scrape()
        after = subject.told(section.command)
        wrong = {}
        for row in section.rows:
            key = subject.filled(row.key)
            what = disagreement(page, subject, row, before.get(key), after.get(key))
            if what:
                wrong[row] = what
    assert wrong == {}


@pytest.mark.lab
def test_used_memory_is_calculated_from_virshs(suspended: Subject, exporter: Exporter) -> None:
    page, told = exporter.scrape(), suspended.told("dommemstat {domain}")
    expected = 100 * (1 - int(told["usable"]) / int(told["available"]))
    shown = page.value("libvirt_domain_memory_stats_used_percent", domain=suspended.names["domain"])
    assert shown == pytest.approx(expected)
    assert 0 < expected < 100


@pytest.fixture(scope="module")
def exporter(lab: Lab, fleet: dict[str, RunningGuest], described: Subject) -> Iterator[Exporter]:
    """An exporter of the first host, with all there is. What it reads once a minute is there before it."""
    assert fleet
    assert described.names
    with exporting(f"--libvirt.uri={lab.hosts[0].uri}", *EVERYTHING) as running:
        running.until(lambda page: page.value("libvirt_up") == 1, "libvirt is up")
        yield running
