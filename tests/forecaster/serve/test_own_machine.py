"""Faults of a forecaster's own machine, its clock and its disk: nothing is lost, nothing old shown as new."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecasting import STEP, Forecaster, running, same_outlook, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backends import Program

TIMEOUT = "prometheus: {timeout: 1s}\n"
LASTS = 5 * STEP  # seconds of a fault; more than a series needs to be stale


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[str], Program]) -> Program:
    return prometheus_with(samples())


@pytest.fixture(scope="module")
def undisturbed(prometheus: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forecaster]:
    """A forecaster on a sound machine, that of all tests: what it says is right."""
    with running(prometheus.url, tmp_path_factory.mktemp("undisturbed"), more=TIMEOUT) as forecaster:
        forecaster.until_ready()
        yield forecaster
        assert "Traceback" not in forecaster.log.read_text()


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
def test_a_clock_that_is_set_an_hour_off_and_right_again(
    prometheus: Program, undisturbed: Forecaster, tmp_path: Path, seconds: int
) -> None:
    clock, steps = Clock(tmp_path), "virtcast_clock_steps_total"
    with running(prometheus.url, tmp_path, more=TIMEOUT, environment=clock.environment) as tried:
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
        tried.until(lambda: right < tried.last_success() < right + 60, "it goes on")
        tried.until_ready()
        same_outlook(undisturbed, tried)
        assert "Traceback" not in tried.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system takes root")
@pytest.mark.parametrize("options", ["size=64k", "ro"])
def test_a_disk_that_takes_no_state_costs_the_state_only(
    prometheus: Program, undisturbed: Forecaster, tmp_path: Path, options: str
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        with running(prometheus.url, tmp_path, f"--state.dir={folder}") as full:
            full.until_ready()
            full.until(
                lambda: full.value('virtcast_state_saves_total{result="failure"}') > 0, "it is counted"
            )
            assert not full.value('virtcast_state_saves_total{result="success"}') > 0
            same_outlook(undisturbed, full)
            full.process.terminate()
            assert full.process.wait(20) == 0
            assert "Traceback" not in full.log.read_text()
    finally:
        subprocess.run(["umount", folder], check=True)
