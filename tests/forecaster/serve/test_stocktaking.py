"""The inventory as it is read: in time, whole or in part."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.promql.results import PromqlError, Result
from forecaster.series.frame import Track
from forecaster.serve.stocktaking import Stocktaking
from forecaster.view.facts import FACTS

if TYPE_CHECKING:
    from backends import MemoryBackend

NOW = 1_800_000_000
EVERY_SECONDS = 300
QUERY = {fact.name: fact.query for fact in FACTS}


def track(value: float = 1.0, **labels: str) -> Track:
    return Track(tuple(sorted(labels.items())), np.array([float(NOW)]), np.array([value]))


def test_the_inventory_is_read_again_after_a_while(history: MemoryBackend) -> None:
    stock = Stocktaking(86_400)
    history.facts[QUERY["vm"]] = [track(instance="h1", domain="web")]
    stock.take(history, NOW)
    assert [vm.domain for vm in stock.inventory.vms] == ["web"]
    history.facts[QUERY["vm"]] = [track(instance="h1", domain="db")]
    stock.take(history, NOW + EVERY_SECONDS - 1)
    assert [vm.domain for vm in stock.inventory.vms] == ["web"]
    stock.take(history, NOW + EVERY_SECONDS)
    assert [vm.domain for vm in stock.inventory.vms] == ["db"]
    assert stock.inventory.at == NOW + EVERY_SECONDS


def test_what_cannot_be_read_keeps_its_last_answer_and_is_said_once(
    history: MemoryBackend, caplog: pytest.LogCaptureFixture
) -> None:
    stock = Stocktaking(86_400)
    history.facts[QUERY["vm_virtual_cpus"]] = [track(4.0, instance="h1", domain="web")]
    stock.take(history, NOW)
    history.facts[QUERY["vm_virtual_cpus"]] = PromqlError(Result.BAD_QUERY, "many-to-many")
    history.facts[QUERY["vm"]] = [track(instance="h1", domain="web", provider="libvirt")]
    with caplog.at_level(logging.WARNING):
        for cycle in (1, 2):
            stock.take(history, NOW + cycle * EVERY_SECONDS)
    (vm,) = stock.inventory.vms
    assert (vm.virtual_cpus, vm.provider) == (4, "libvirt")
    assert stock.inventory.missing == ("vm_virtual_cpus",)
    assert [record.__dict__["fact"] for record in caplog.records] == ["vm_virtual_cpus"]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e308])
def test_a_value_that_no_fleet_can_have_is_not_known(history: MemoryBackend, odd: float) -> None:
    """Rules may divide by nothing; JSON has no numbers for that."""
    stock = Stocktaking(86_400)
    history.facts[QUERY["vm"]] = [track(instance="h1", domain="web")]
    history.facts[QUERY["vm_virtual_cpus"]] = [track(odd, instance="h1", domain="web")]
    stock.take(history, NOW)
    (vm,) = stock.inventory.vms
    assert vm.virtual_cpus is None


def test_nothing_is_missing_by_a_partial_answer(history: MemoryBackend) -> None:
    stock = Stocktaking(86_400)
    history.facts[QUERY["vm"]] = [track(instance="h1", domain=name) for name in ("web", "db")]
    stock.take(history, NOW)
    history.facts[QUERY["vm"]] = [track(instance="h1", domain="web")]
    for cycle, (partial, known) in enumerate(((True, ["db", "web"]), (False, ["web"])), 1):
        history.partial = partial
        stock.take(history, NOW + cycle * EVERY_SECONDS)
        assert [vm.domain for vm in stock.inventory.vms] == known
        assert ("vm" in stock.inventory.missing) is partial


def test_a_backend_that_does_not_answer_changes_nothing(history: MemoryBackend) -> None:
    stock = Stocktaking(86_400)
    history.facts[QUERY["vm"]] = [track(instance="h1", domain="web")]
    stock.take(history, NOW)
    for result in (Result.UNREACHABLE, Result.TIMEOUT):
        history.facts[QUERY["vm"]] = PromqlError(result, "no answer")
        stock.take(history, NOW + EVERY_SECONDS)
        assert (stock.inventory.at, len(stock.inventory.vms)) == (NOW, 1)


@pytest.mark.parametrize("result", [Result.UNAUTHORIZED, Result.TIMEOUT])
def test_one_fact_that_is_forbidden_or_slow_does_not_cost_the_others(
    history: MemoryBackend, result: Result
) -> None:
    """Once it is known to be slow, it is asked for last: it keeps no other waiting."""
    stock = Stocktaking(86_400)
    history.facts[FACTS[0].query] = PromqlError(result, "no")
    history.facts[QUERY["pool_capacity"]] = [track(4.0, instance="h1", pool="fast")]
    for cycle in range(2):
        stock.take(history, NOW + cycle * EVERY_SECONDS)
    assert stock.inventory.at == NOW + EVERY_SECONDS
    assert list(stock.inventory.missing) == [FACTS[0].name]
    history.facts[FACTS[0].query] = []
    stock.take(history, NOW + 2 * EVERY_SECONDS)
    assert not stock.inventory.missing
