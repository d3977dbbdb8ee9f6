"""Faults of the back end and of the disk, with real processes: nothing is lost, nothing old shown as new."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from faulty_proxy import Fault, proxied
from forecasting import ONLY, STEP, Forecaster, running, same_outlook, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backends import Program
    from faulty_proxy import FaultyProxy

TIMEOUT = "prometheus: {timeout: 1s}\n"
LASTS = 5 * STEP  # seconds of a fault; more than a series needs to be stale


class Tried(NamedTuple):
    """Two replicas that ask through a proxy, a forecaster that asks directly, and their back end."""

    tried: Forecaster
    replica: Forecaster
    undisturbed: Forecaster
    proxy: FaultyProxy
    prometheus: Program


@pytest.fixture(scope="module")
def both(
    prometheus_with: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tried]:
    prometheus = prometheus_with(samples())
    folders = [tmp_path_factory.mktemp("forecaster") for _ in range(3)]
    with (
        proxied(prometheus.url) as proxy,
        running(proxy.url, folders[0], more=TIMEOUT) as tried,
        running(proxy.url, folders[1], more=TIMEOUT) as replica,
        running(prometheus.url, folders[2], more=TIMEOUT) as undisturbed,
    ):
        for each in (tried, replica, undisturbed):
            each.until_ready()
        yield Tried(tried, replica, undisturbed, proxy, prometheus)


def failures(forecaster: Forecaster, result: str) -> float:
    return forecaster.value(f'virtcast_promql_requests_total{{result="{result}"}}')


def until_counted(forecaster: Forecaster, result: str, before: float) -> None:
    forecaster.until(lambda: failures(forecaster, result) > before, "it is counted")


def until_later(forecaster: Forecaster, than: float) -> None:
    forecaster.until(lambda: last(forecaster) > than, "it goes on")


def last(forecaster: Forecaster) -> float:
    return max(
        forecaster.value(f'virtcast_resource_last_success_timestamp_seconds{{resource="{name}"}}')
        for name in ONLY
    )


def goes_on(both: Tried, ended: float) -> None:
    """What came after the end of a fault is read, and all forecasters say the same."""
    for each in (both.tried, both.replica):
        until_later(each, ended)
        same_outlook(both.undisturbed, each)
    for each in (both.tried, both.replica, both.undisturbed):
        assert "Traceback" not in each.log.read_text()


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (Fault.UNAVAILABLE, "server_error"),
        (Fault.SLOW, "timeout"),
        (Fault.CUT_OFF, "server_error"),
        (Fault.HALF_JSON, "invalid"),
    ],
    ids=lambda each: each.name if isinstance(each, Fault) else each,
)
def test_a_back_end_out_of_order(both: Tried, fault: Fault, result: str) -> None:
    tried = {each: failures(each, result) for each in (both.tried, both.replica)}
    both.proxy.fault = fault
    begun = time.time()
    try:
        for each, before in tried.items():
            until_counted(each, result, before)
        time.sleep(LASTS)
        for each in tried:
            assert last(each) <= begun + STEP, "what was not read is not shown as new"
            assert each.value("virtcast_prometheus_up") == 0
    finally:
        both.proxy.fault = Fault.NONE
    goes_on(both, time.time())


def test_a_back_end_that_stands_still(both: Tried) -> None:
    before = failures(both.tried, "timeout")
    process = both.prometheus.process
    process.send_signal(signal.SIGSTOP)
    try:
        both.tried.until(lambda: failures(both.tried, "timeout") > before, "it is counted")
        time.sleep(LASTS)
        assert not [each for each in both.undisturbed.outlooks() if each > time.time() - LASTS]
    finally:
        process.send_signal(signal.SIGCONT)
    goes_on(both, time.time())


def test_a_back_end_that_is_killed_and_comes_back(both: Tried) -> None:
    before = failures(both.undisturbed, "unreachable")
    both.prometheus.process.kill()
    both.prometheus.process.wait(20)
    both.undisturbed.until(lambda: failures(both.undisturbed, "unreachable") > before, "it is counted")
    time.sleep(LASTS)
    both.prometheus.start()
    goes_on(both, time.time())


class Clock:
    """The clock of one program, which a test sets: libfaketime reads the offset from a file at each call."""

    def __init__(self, folder: Path) -> None:
        libraries = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert libraries, "install the Debian package faketime"
        self._offset = folder / "offset"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_CACHE_DURATION": "1",  # seconds; without it each look at the clock opens the file
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        """Have it so many seconds off."""
        new = self._offset.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.replace(self._offset)


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_is_set_an_hour_off_and_right_again(both: Tried, tmp_path: Path, seconds: int) -> None:
    clock, steps = Clock(tmp_path), "virtcast_clock_steps_total"
    with running(both.prometheus.url, tmp_path, more=TIMEOUT, environment=clock.environment) as tried:
        tried.until_ready()
        before = tried.value(steps)
        clock.set(seconds)
        tried.until(lambda: tried.value(steps) == before + 1, "it is counted")
        tried.until(lambda: "virtcast_baseline_value{" not in tried.page(), "nothing is said of now")
        time.sleep(LASTS)
        assert "virtcast_baseline_value{" not in tried.page()
        clock.set(0)
        right = time.time()
        tried.until(lambda: tried.value(steps) == before + 2, "it is counted")
        tried.until(lambda: right < last(tried) < right + 60, "it goes on")
        tried.until_ready()
        same_outlook(both.undisturbed, tried)
        assert "Traceback" not in tried.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system takes root")
@pytest.mark.parametrize("options", ["size=64k", "ro"])
def test_a_disk_that_takes_no_state_costs_the_state_only(both: Tried, tmp_path: Path, options: str) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        with running(both.prometheus.url, tmp_path, f"--state.dir={folder}") as full:
            full.until_ready()
            full.until(
                lambda: full.value('virtcast_state_saves_total{result="failure"}') > 0, "it is counted"
            )
            assert not full.value('virtcast_state_saves_total{result="success"}') > 0
            same_outlook(both.undisturbed, full)
            full.process.terminate()
            assert full.process.wait(20) == 0
            assert "Traceback" not in full.log.read_text()
    finally:
        subprocess.run(["umount", folder], check=True)
