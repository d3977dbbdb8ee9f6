"""What system tests of the exporter share: the exporter as a process, and its pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Series = tuple[str, frozenset[tuple[str, str]]]


class Page(NamedTuple):
    """A scrape: its values by name and labels."""

    values: dict[Series, float]

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


class Exporter(NamedTuple):
    """A running exporter."""

    address: str
    process: subprocess.Popen[str]

    def scrape(self, path: str = "/metrics") -> Page:
        """A page; fails if it is not one (HTTP 200, no series twice)."""
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:  # noqa: S310
            text = answer.read().decode()
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
        values = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
        assert len(values) == len(samples), "a series stands twice"
        return Page(values)

    def until(self, holds: Callable[[Page], bool], what: str, seconds: float = 30) -> Page:
        """The first page of which `holds` is true."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            page = self.scrape()
            if holds(page):
                return page
            time.sleep(0.3)
        raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def _exporting(*flags: str) -> Iterator[Exporter]:
    command = [sys.executable, "-m", "exporter.cli", "--web.listen-address=127.0.0.1:0", *flags]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            found = next(filter(None, (re.search(r"address=(127\.0\.0\.1:\d+)", line) for line in lines)))
            yield Exporter(f"http://{found[1]}", process)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def exporting() -> Callable[..., AbstractContextManager[Exporter]]:
    """The exporter with these flags, as long as the block lasts."""
    return _exporting
