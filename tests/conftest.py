"""The lab for every system test: two real hosts, and a few guests that show every kind of load."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import HealthCheck, settings

import exporter
from lab import (
    CpuLoad,
    DirtyPages,
    DiskFill,
    Guest,
    Host,
    Lab,
    MemoryLeak,
    NetworkTraffic,
    RunningGuest,
    missing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# No test fails by time on a busy machine.
settings.register_profile("virtcast", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("virtcast")

# By host, so that both have guests. Small: all of them boot at once, emulated, on a small machine.
FLEET = (
    (
        Guest("busy", workload=(CpuLoad(20), NetworkTraffic(64))),
        Guest("filling", workload=(DiskFill(256), DirtyPages(4, buffer_mib=8))),
    ),
    (
        Guest("leaking", workload=MemoryLeak(256, bound_kib=12 * 1024)),
        Guest("idle"),
    ),
)
ROOT = Path(__file__).parent.parent
# The files that take longest, by their share of a run. They are begun first: a worker that begins one of them
# last works alone at the end.
LONGEST = (
    "tests/forecaster/serve/test_chaos.py",
    "tests/forecaster/engine/test_kernels.py",
    "tests/test_secrets.py",
    "tests/forecaster/serve/test_restart.py",
    "tests/forecaster/serve/test_own_machine.py",
    "tests/alert_rules/test_default_times.py",
    "tests/alert_rules/test_promtool.py",
    "tests/alert_rules/test_hostile_labels.py",
    "tests/exporter/test_hostile_clients.py",
    "tests/forecaster/backtest/test_backtest.py",
    "tests/forecaster/engine/forecasts/test_outlook.py",
    "tests/forecaster/promql/test_few_series.py",
    "tests/forecaster/bench/test_same_outputs.py",
    "tests/forecaster/serve/test_fast_lane_live.py",
)
ABSENT: pytest.StashKey[str] = pytest.StashKey()


def pytest_configure() -> None:
    """Refuse to test an installed wheel that is older than the sources."""
    stamp = ROOT / ".venv/.installed"
    if not stamp.exists() or (ROOT in Path(exporter.__file__).parents and ".venv" not in exporter.__file__):
        return  # a tree that is tested as it is
    newer = [
        path.relative_to(ROOT)
        for package in ("exporter", "forecaster", "alert_rules")
        for path in (ROOT / package).rglob("*.py")
        if path.stat().st_mtime > stamp.stat().st_mtime
    ]
    if newer:
        raise pytest.UsageError(f"{newer[0]} is newer than what is installed: run make .venv/.installed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the order within a file stays."""
    place = {name: index for index, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def without_lab(reason: str) -> NoReturn:
    """Skips the test that needs the lab; a failure where the lab is required."""
    if os.environ.get("VIRTCAST_REQUIRE_LAB") == "1":
        pytest.fail(f"the lab is required (VIRTCAST_REQUIRE_LAB=1) and cannot run: {reason}", pytrace=False)
    pytest.skip(f"no lab: {reason}")


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Two hosts, `lab.hosts`, without guests of their own; see `fleet`."""
    reason = missing()
    if reason:
        request.config.stash[ABSENT] = reason
        without_lab(reason)
    with Lab(hosts=2) as running:
        yield running


@pytest.fixture(autouse=True)
def _hooks_of_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program run in this process logs exceptions that nothing caught, until the test ends."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


@pytest.fixture(scope="session")
def fleet(lab: Lab) -> dict[str, RunningGuest]:
    """The guests of FLEET, booted, by name. They are shared: a test leaves them as it found them."""
    with ThreadPoolExecutor() as pool:
        by_host = list(pool.map(Host.start_all, lab.hosts, FLEET))
    return {guest.name: guest for guests in by_host for guest in guests}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says loudly that the tests on real hypervisors did not run."""
    reason = config.stash.get(ABSENT, "")
    if reason:
        terminalreporter.section("LAB TESTS DID NOT RUN", red=True, bold=True)
        terminalreporter.line(f"Nothing was tested against real libvirt hosts: {reason}", red=True)
