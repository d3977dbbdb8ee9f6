"""A forecaster that is killed and started again, on a real Prometheus: nothing is lost, little is read."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecasting import ONLY, SECONDS, STEP, running, same_outlook, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backends import Program
    from forecasting import Forecaster

KILLED_AT = Path(__file__).parents[2] / "support/killed_at"
LOADS = ("success", "absent", "set_aside")
SERVE = "forecaster.serve"


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[str], Program]) -> Program:
    return prometheus_with(samples())


@pytest.fixture(scope="module")
def undisturbed(prometheus: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forecaster]:
    with running(prometheus.url, tmp_path_factory.mktemp("undisturbed")) as forecaster:
        forecaster.until_ready()
        yield forecaster


def test_killed_and_started_again_it_says_the_same(
    prometheus: Program, undisturbed: Forecaster, tmp_path: Path
) -> None:
    state = f"--state.dir={tmp_path / 'state'}"
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
        read, whole = (each.value("virtcast_promql_response_bytes_total") for each in (second, undisturbed))
        assert read < whole / 5, "history is not read again"
        same_outlook(undisturbed, second)
        second.process.terminate()
        assert second.process.wait(20) == 0
    with running(prometheus.url, tmp_path, state) as third:  # saved at the end of the second
        third.until_ready()
        same_outlook(undisturbed, third)


@pytest.mark.parametrize(
    ("killed_at", "saved"),
    [
        pytest.param(f"{SERVE}.state_folder:resume:1", 0, id="start"),
        pytest.param("forecaster.engine.baseline.refit:_fit_together:1", 0, id="fit"),
        pytest.param(f"{SERVE}.newcomers:settled:4", 0, id="cycle, between two resources"),
        pytest.param(f"{SERVE}.state_file:fsync:1", 0, id="first save, a file is not in its place"),
        pytest.param(f"{SERVE}.state_file:fsync:3", 1, id="first save, between two resources"),
        pytest.param(f"{SERVE}.state_file:fsync:5", 2, id="second save, a file is not in its place"),
    ],
)
def test_killed_at_any_point_it_starts_again_and_says_the_same(
    prometheus: Program, undisturbed: Forecaster, tmp_path: Path, killed_at: str, saved: int
) -> None:
    """`saved` resources have state that is whole then."""
    state = f"--state.dir={tmp_path / 'state'}"
    path = os.pathsep.join(filter(None, (str(KILLED_AT), os.environ.get("PYTHONPATH"))))
    told = {"PYTHONPATH": path, "KILLED_AT": killed_at}
    with running(prometheus.url, tmp_path, state, environment=told) as first:
        assert first.process.wait(2 * SECONDS) == -signal.SIGKILL
    with running(prometheus.url, tmp_path, state) as second:
        second.until_ready()
        loads = {each: second.value(f'virtcast_state_loads_total{{result="{each}"}}') for each in LOADS}
        assert loads == {"success": saved, "absent": len(ONLY) - saved, "set_aside": 0}
        same_outlook(undisturbed, second)
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
