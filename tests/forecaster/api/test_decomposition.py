"""The resource of decompositions: those that are asked for, few of them, and why there are none."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from exporter.web.query import Query
from fleet_view import NOW, PAST_DAYS, fleet
from forecaster.api.decomposition import MISSING, MOST, RESOURCE
from forecaster.view.rollups import Rollup, Rollups

FLEET = fleet(60).fresh(NOW, 900)
ONE = 'match[]=vm_cpu{domain="vm-00003"}'


def test_one_series_has_its_parts_hour_by_hour() -> None:
    answer = RESOURCE.read(FLEET, Query.parse(ONE))
    (told,) = answer["decompositions"]
    assert (answer["total"], answer["note"], told["resource"]) == (1, "", "vm_cpu")
    assert told["labels"]["domain"] == "vm-00003"
    assert {len(told[name]) for name in ("ends", "observed", "trend", "daily", "weekly", "rest")} == {
        PAST_DAYS * 24
    }
    whole = sum(told[name][7] for name in ("trend", "daily", "weekly", "rest"))
    assert whole == pytest.approx(told["observed"][7])


def test_a_series_begins_with_its_first_hour_that_is_known() -> None:
    """A backend that is ten days old is asked for four weeks."""
    time = np.arange(28 * 24)
    level = (0.5 + 0.1 * np.sin(2 * np.pi * time / 24)).astype(np.float32)[:, None]
    level[: 18 * 24] = np.nan
    ends = 3600 * np.arange(1, len(level) + 1)
    past = Rollups(3600, {"vm_cpu": Rollup((("h1", "web"),), ends, level, level)})
    young = replace(FLEET, view=replace(FLEET.view, rollups=past))
    (told,) = RESOURCE.read(young, Query.parse("resource=vm_cpu"))["decompositions"]
    assert {len(told[name]) for name in ("ends", "observed", "trend", "daily", "weekly", "rest")} == {240}
    assert told["ends"][0] == ends[18 * 24]
    assert told["observed"][0] == pytest.approx(level[18 * 24, 0])


def test_few_are_given_and_what_is_left_out_is_said() -> None:
    answer = RESOURCE.read(FLEET, Query.parse("resource=vm_cpu"))
    assert (answer["total"], answer["note"]) == (MOST, f"more series fit: the first {MOST} are here")


@pytest.mark.parametrize(
    ("asked", "note"),
    [
        ("", "name the series"),
        ('match[]={domain="nobody"}', "no series fits"),
        ("match[]=pool", "no series fits"),
    ],
)
def test_nothing_has_a_reason(asked: str, note: str) -> None:
    answer = RESOURCE.read(FLEET, Query.parse(asked))
    assert answer["decompositions"] == []
    assert answer["note"].startswith(note)


@pytest.mark.parametrize("there", [None, ModuleType("older")])
def test_without_statsmodels_or_its_mstl_it_is_said(
    there: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.seasonal", there)
    answer = RESOURCE.read(FLEET, Query.parse('match[]=vm_memory{domain="vm-00005"}'))
    assert (answer["total"], answer["note"]) == (0, MISSING)
