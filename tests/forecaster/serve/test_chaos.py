"""Faults of the back end, with real processes: nothing is lost, nothing old shown as new."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from faulty_proxy import Fault, proxied
from forecasting import STEP, Forecaster, running, same_outlook, samples

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
    forecaster.until(lambda: forecaster.last_success() > than, "it goes on")


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
            assert each.last_success() <= begun + STEP, "what was not read is not shown as new"
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
