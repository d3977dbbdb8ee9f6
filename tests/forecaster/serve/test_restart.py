"""A forecaster that is killed and started again, on a real Prometheus: nothing is lost, little is read."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from forecasting import ONLY, SECONDS, STEP, running, same_outlook, samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backends import Program


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[str], Program]) -> Program:
    return prometheus_with(samples())


def test_killed_and_started_again_it_says_the_same(prometheus: Program, tmp_path: Path) -> None:
    state = f"--state.dir={tmp_path / 'state'}"
    with running(prometheus.url, tmp_path) as undisturbed:
        with running(prometheus.url, tmp_path, state) as first:
            first.until_ready()
            done = first.value('virtcast_state_saves_total{result="success"}')
            first.until(lambda: first.value('virtcast_state_saves_total{result="success"}') > done, "a save")
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(20)
        time.sleep(3 * STEP)  # steps are missed
        with running(prometheus.url, tmp_path, state) as second:
            second.until_ready()
            assert second.value('virtcast_state_loads_total{result="success"}') == len(ONLY)
            read, whole = (
                each.value("virtcast_promql_response_bytes_total") for each in (second, undisturbed)
            )
            assert read < whole / 5, "history is not read again"
            same_outlook(undisturbed, second)
            second.process.terminate()
            assert second.process.wait(20) == 0
        with running(prometheus.url, tmp_path, state) as third:  # saved at the end of the second
            third.until_ready()
            same_outlook(undisturbed, third)


@pytest.mark.parametrize("after", [0.3, 1.0, 2.0, 3.0])
def test_killed_at_any_time_it_starts_again(prometheus: Program, tmp_path: Path, after: float) -> None:
    """In the start, while history is read, or in the first cycle: before anything was saved."""
    state = f"--state.dir={tmp_path / 'state'}"
    with running(prometheus.url, tmp_path, state) as first:
        time.sleep(after)
        first.process.send_signal(signal.SIGKILL)
    with running(prometheus.url, tmp_path, state) as second:
        second.until_ready()
        assert "Traceback" not in second.log.read_text()


def test_a_damaged_file_costs_the_history_and_one_line(prometheus: Program, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with running(prometheus.url, tmp_path, f"--state.dir={folder}") as first:
        first.until_ready()
        first.process.terminate()
        assert first.process.wait(20) == 0
    saved = folder / "vm_cpu.state"
    saved.write_bytes(saved.read_bytes()[:-1000])
    with running(prometheus.url, tmp_path, f"--state.dir={folder}") as second:
        second.until_ready()
        assert second.value('virtcast_state_loads_total{result="success"}') == 1
        assert second.value('virtcast_state_loads_total{result="set_aside"}') == 1
        assert second.log.read_text().count("state is set aside") == 1
    assert (folder / "vm_cpu.state.set-aside").exists()


def test_a_folder_in_use_is_refused(prometheus: Program, tmp_path: Path) -> None:
    state = f"--state.dir={tmp_path / 'state'}"
    with running(prometheus.url, tmp_path, state) as first:
        first.until_ready()
        with running(prometheus.url, tmp_path, state) as second:
            assert second.process.wait(SECONDS) == 1
            assert "is used by another forecaster" in second.log.read_text()
