"""An exporter under test: a process that is scraped, and watched for counters that fall."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

import psutil
from prometheus_client.parser import text_string_to_metric_families

from lab import Disk, Guest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Labels = frozenset[tuple[str, str]]
    Series = tuple[str, Labels]
    Counter = tuple[str, str, Labels]


OUTLASTING = ("libvirt_domain_last_migration_", "libvirt_domain_events_", "libvirt_domain_last_event_")


class Page(NamedTuple):
    """A scrape: its values by name and labels, the names of those that count, and the seconds it took."""

    values: dict[Series, float]
    counting: frozenset[str]
    seconds: float

    def value(self, name: str, **labels: str) -> float | None:
        """The only value that has these labels (it may have more); None where there is none."""
        found = [value for (one, has), value in self.values.items() if one == name and labels.items() <= has]
        assert len(found) <= 1, f"{name} {labels} is not one value: {found}"
        return found[0] if found else None

    def labels(self, name: str, **labels: str) -> dict[str, str]:
        """All labels of the only series that has these; none where there is no such series."""
        found = [dict(has) for one, has in self.values if one == name and labels.items() <= has]
        assert len(found) <= 1, f"{name} {labels} is not one series: {found}"
        return found[0] if found else {}

    def series(self, name: str) -> list[dict[str, str]]:
        """The labels of every series of this name."""
        return [dict(has) for one, has in self.values if one == name]

    def of(self, name: str) -> dict[str, float]:
        """The values of a metric by domain."""
        return {dict(labels)["domain"]: value for (one, labels), value in self.values.items() if one == name}

    def stale(self) -> set[str]:
        return {domain for domain, value in self.of("libvirt_domain_stats_stale").items() if value == 1}

    def domains(self) -> set[str]:
        """Every domain that any series names, but for the records of migrations and events: those outlast."""
        return {
            dict(labels)["domain"]
            for name, labels in self.values
            if "domain" in dict(labels) and not name.startswith(OUTLASTING)
        }

    def counters(self) -> dict[Counter, float]:
        """Everything that counts, by name, UUID of the domain ("" where none is named) and other labels.

        What counts for a process, not a domain, goes by the time the process began, too.
        """
        uuids, began = self._uuids(), self.of("libvirt_domain_process_start_time_seconds")
        found = {}
        for (name, pairs), value in self.values.items():
            if name in self.counting:
                labels = dict(pairs)
                domain = labels.pop("domain", "")
                if name.startswith("libvirt_domain_process_"):
                    labels["began"] = str(began[domain])
                found[name, uuids.get(domain, domain), frozenset(labels.items())] = value
        return found

    def running(self) -> set[str]:
        """The UUIDs of the domains that run."""
        uuids = self._uuids()
        off = {
            dict(labels)["domain"]
            for (name, labels), value in self.values.items()
            if name == "libvirt_domain_state" and value == 1 and ("state", "shutoff") in labels
        }
        return {uuids.get(domain, domain) for domain in self.of("libvirt_domain_stats_stale").keys() - off}

    def _uuids(self) -> dict[str, str]:
        infos = (dict(labels) for name, labels in self.values if name == "libvirt_domain_info")
        return {labels["domain"]: labels["uuid"] for labels in infos}


class Exporter:
    """A running exporter."""

    def __init__(self, address: str, pid: int) -> None:
        self.address = address
        self.process = psutil.Process(pid)

    def scrape(self, path: str = "/metrics") -> Page:
        """A page; fails if it is not one (HTTP 200, no series twice)."""
        began = time.monotonic()
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:  # noqa: S310
            text = answer.read().decode()
        seconds = time.monotonic() - began
        families = list(text_string_to_metric_families(text))
        samples = [one for family in families for one in family.samples]
        counting = (one for one in families if one.type in {"counter", "histogram"})
        names = frozenset(one.name for family in counting for one in family.samples)
        values = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
        assert len(values) == len(samples), "a series stands twice"
        return Page(values, names, seconds)

    def until(
        self, holds: Callable[[Page], bool], what: str, seconds: float = 30, path: str = "/metrics"
    ) -> Page:
        """The first page of which `holds` is true."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            page = self.scrape(path)
            if holds(page):
                return page
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def exporting(*flags: str, descriptors: int | None = None) -> Iterator[Exporter]:
    """An exporter with these flags, as long as the block lasts; it may open so many descriptors."""
    limited = [] if descriptors is None else ["prlimit", f"--nofile={descriptors}:{descriptors}"]
    command = [*limited, sys.executable, "-m", "exporter.cli", "--web.listen-address=127.0.0.1:0", *flags]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            found = next(
                filter(None, (re.search(r"address(?:es)?=(127\.0\.0\.1:\d+)", line) for line in lines))
            )
            yield Exporter(f"http://{found[1]}", process.pid)
        finally:
            process.kill()


def paused(name: str) -> Guest:
    """A guest that never boots."""
    return Guest(name, memory_mib=64, disks=(Disk(size_mib=8),), agent=False, paused=True)


class Fall(NamedTuple):
    """A counter that fell, on the page of this number."""

    page: int
    counter: Counter
    before: float
    after: float


class Watcher(threading.Thread):
    """Scrapes every half second, for as long as a `with` block lasts; notes what goes wrong.

    No counter of a domain may fall while it runs, whether it was on every page or not; one that was seen off,
    or gone, may begin anew.
    """

    def __init__(self, exporter: Exporter) -> None:
        super().__init__(daemon=True)
        self.exporter = exporter
        self.failures: list[str] = []
        self.fallen: list[Fall] = []
        self.pages = 0
        self.seen: set[Counter] = set()
        self._last: dict[Counter, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.5):
            try:
                self.note(self.exporter.scrape())
            except Exception as error:  # noqa: BLE001 (a failure of the test, told at its end)
                self.failures.append(repr(error))

    def note(self, page: Page) -> None:
        """Another page."""
        counters = page.counters()
        self.pages += 1
        self.seen |= counters.keys()
        self.fallen += [
            Fall(self.pages, key, self._last[key], value)
            for key, value in counters.items()
            if value < self._last.get(key, 0)
        ]
        self._last |= counters
        if page.values["libvirt_up", frozenset()] == 1:
            kept = page.running() | {""}
            self._last = {key: value for key, value in self._last.items() if key[1] in kept}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()
