"""Many hosts in one exporter: a hundred targets fit into the usual limits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from exporting import exporting

if TYPE_CHECKING:
    from pathlib import Path

    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

TARGETS = 100
DESCRIPTORS = 1024  # the usual limit
LONGEST_ABOUT = 30.0  # seconds until every host has told its version over a connection of its own


def test_a_hundred_targets_fit_into_the_usual_limit_of_descriptors(
    lab: Lab, fleet: dict[str, RunningGuest], tmp_path: Path
) -> None:
    assert fleet
    uris = [lab.hosts[n % 2].read_only_uri for n in range(TARGETS)]
    file = tmp_path / "exporter.yml"
    rows = "".join(f'  t{n}: {{uri: "{uri}"}}\n' for n, uri in enumerate(uris))
    file.write_text(f"only_targets: true\ntargets:\n{rows}")
    with exporting(f"--config.file={file}", "--scrape.deadline=10", descriptors=DESCRIPTORS) as exporter:

        def probe(number: int) -> float | None:
            return exporter.scrape(f"/probe?target=t{number}").value("libvirt_up")

        with ThreadPoolExecutor(4) as clients:
            for _ in range(2):
                assert list(clients.map(probe, range(TARGETS))) == [1.0] * TARGETS
        limit = time.monotonic() + LONGEST_ABOUT
        while exporter.process.num_fds() > DESCRIPTORS - 100 and time.monotonic() < limit:
            time.sleep(0.5)
        assert exporter.process.num_fds() <= DESCRIPTORS - 100
        assert exporter.process.num_threads() < 3 * TARGETS
        assert exporter.scrape().value("libvirt_exporter_targets_open") == TARGETS
