"""The resources and the inventory as JSON."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.web.query import Query
from forecaster.api import inventory, resources
from forecaster.series.state import State
from forecaster.view.inventory import Disk, Inventory, Vm

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import View

NOW = 1_800_000_000


def test_a_resource_is_told_with_how_it_is_doing(view: Callable[..., View]) -> None:
    first, second = resources.read(
        view((State.READY, State.STALE), error="no answer").fresh(NOW, 900), Query()
    )
    assert first == {
        "name": "vm_cpu",
        "title": "vm_cpu",
        "query": "vm:cpu_utilization:ratio",
        "unit": "ratio",
        "limit": 0.9,
        "limit_side": "upper",
        "horizons": ["15m", "24h"],
        "series": {"learning": 0, "ready": 1, "stale": 1, "gone": 0, "unusable": 0},
        "excluded": {"duplicate": 3, "max_series": 4},
        "partial": True,
        "history_ratio": 1.0,
        "last_success": NOW,
        "error": "no answer",
    }
    assert (second["history_ratio"], second["last_success"], second["error"]) == (0.25, None, None)


def test_a_resource_without_a_limit_has_none(view: Callable[..., View]) -> None:
    made = view()
    (each, _) = made.resources
    unlimited = replace(each, resource=replace(each.resource, limit=math.inf))
    (told,) = resources.read(replace(made, resources=(unlimited,)).fresh(NOW, 900), Query())
    assert told["limit"] is None


def test_the_inventory_is_told_as_it_is(view: Callable[..., View]) -> None:
    known = Inventory(NOW, vms=(Vm("h1", "web", virtual_cpus=2.0, disks=(Disk("vda", source="/a"),)),))
    told = inventory.read(replace(view(), inventory=known).fresh(NOW, 900), Query())
    assert told["at"] == NOW
    (vm,) = told["vms"]
    assert (vm["domain"], vm["virtual_cpus"], vm["disks"][0]["source"]) == ("web", 2.0, "/a")
