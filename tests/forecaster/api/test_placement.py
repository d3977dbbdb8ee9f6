"""Plans over the API, made in a process of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

import fleets
from exporter.web.query import Query
from exporter.web.refusal import Refusal
from forecaster.api import placement
from forecaster.placement import apart
from forecaster.view.inventory import Inventory
from planners import LoudFleet, ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.placement.fleet import Fleet
    from forecaster.view.view import Fresh, View

NOW = 1_800_000_000


@pytest.fixture
def fresh(view: Callable[..., View]) -> Fresh:
    past = fleets.fleet(3, 60)
    roomy = replace(
        past.inventory,
        hosts=tuple(
            replace(host, memory_bytes=3 * (host.memory_bytes or 0)) for host in past.inventory.hosts
        ),
    )
    return replace(view(), inventory=roomy, rollups=past.rollups, shared_storage=(fleets.IMAGES,)).fresh(
        NOW, 900
    )


def test_a_host_is_emptied(fresh: Fresh) -> None:
    found = placement.read(fresh, Query((("evacuate", "host-002:9177"),)))
    assert {move["from"] for move in found["moves"]} == {"host-002:9177"}
    assert [load["vms"] for load in found["before"]] == [25, 25, 10]
    assert found["after"][2]["vms"] == len(found["stranded"])
    assert len(found["moves"]) + len(found["stranded"]) == 10
    assert found["helps"]
    assert {move["reason"] for move in found["moves"]} == {"host-002:9177 is to be empty"}
    assert {move["downtime_seconds"] is None for move in found["moves"]} == {False, True}
    assert found["seconds"] is None, "a VM whose dirty rate nobody measured is among them"


def test_a_plan_says_how_long_it_takes(fresh: Fresh) -> None:
    quiet = tuple(replace(vm, dirty_bytes_per_second=1e6) for vm in fresh.inventory.vms)
    view = replace(fresh.view, inventory=replace(fresh.inventory, vms=quiet))
    found = placement.read(view.fresh(NOW, 900), Query((("evacuate", "host-002:9177"),)))
    assert found["seconds"] == pytest.approx(sum(move["seconds"] for move in found["moves"])) != 0


def test_vms_on_storage_that_is_not_said_to_be_shared_stay(fresh: Fresh) -> None:
    """The pools are folders of each host, whose names are the same."""
    local = replace(fresh.view, shared_storage=()).fresh(NOW, 900)
    found = placement.read(local, Query((("evacuate", "host-002:9177"),)))
    assert not found["helps"]
    assert {reason for each in found["stranded"] for reason in each["reasons"]} == {
        "lacks local disk vda (2)"
    }


def test_hosts_that_a_plan_overloads_are_told(fresh: Fresh) -> None:
    narrow = tuple(replace(host, cpus=4.0) for host in fresh.inventory.hosts)
    view = replace(fresh.view, inventory=replace(fresh.inventory, hosts=narrow))
    found = placement.read(view.fresh(NOW, 900), Query((("evacuate", "host-002:9177"),)))
    grown = {
        new["host"]
        for old, new in zip(found["before"], found["after"], strict=True)
        if new["cpu_ratio"] > max(found["ceiling"], old["cpu_ratio"])
    }
    assert {warning.split()[0] for warning in found["warnings"]} == grown != set()


def test_a_plan_is_made_once(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    query = Query((("evacuate", "host-001:9177"),))
    first = placement.read(fresh, query)
    monkeypatch.setattr(apart, "_in_process", lambda *_: pytest.fail("planned again"))
    assert placement.read(fresh, query) == first


def test_an_unknown_host_is_refused(fresh: Fresh) -> None:
    with pytest.raises(Refusal, match="expected a host whose CPUs and memory are known") as refused:
        placement.read(fresh, Query((("evacuate", "host-999:9177"),)))
    assert refused.value.status == 400


def test_without_vms_there_is_no_plan(fresh: Fresh) -> None:
    nothing = replace(fresh.view, inventory=Inventory()).fresh(NOW, 900)
    assert not placement.read(nothing, Query())["helps"]


def test_a_planner_that_dies_is_a_503(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_plan", ends)
    with pytest.raises(Refusal, match="the planner ended without a plan") as refused:
        placement.read(fresh, Query((("evacuate", "host-000:9177"),)))
    assert refused.value.status == 503


def test_what_the_solver_prints_is_not_printed_by_the_service(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(apart.NoPlanError):
        apart._in_process(cast("Fleet", LoudFleet()), apart.BALANCE, "")
    told = capfd.readouterr()
    assert "stray line" not in told.out
    assert "AttributeError" in told.err, "the planner has begun, and what fails is in the log"
