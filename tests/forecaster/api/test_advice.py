"""The resources of advisers: their rows, chosen by labels, in parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exporter.web.query import Query
from exporter.web.refusal import Refusal
from fleet_view import NOW, fleet
from forecaster.api.advice import RESOURCES
from forecaster.api.registry import API
from forecaster.view.rollups import Rollup, Rollups

FLEET = fleet(60).fresh(NOW, 900)
ABOUT = {"domain", "instance", "pool", "mountpoint", "target_device", "owner", "cluster"}
ABOUT |= {"volume_group", "thin_pool", "part"}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.path)
def test_rows_are_chosen_by_the_labels_of_what_they_are_about(resource: object) -> None:
    assert resource in API
    of = next(each for each in RESOURCES if each is resource)
    assert of.rows is not None
    every = of.read(FLEET, Query.parse("limit=1000"))
    rows = of.rows(every)
    assert every["total"] >= len(rows) > 0
    assert all(row["labels"].keys() <= ABOUT for row in rows)
    name, value = next(iter(rows[-1]["labels"].items()))
    chosen = of.rows(of.read(FLEET, Query.parse(f'match[]={{{name}="{value}"}}')))
    assert chosen == [row for row in rows if row["labels"].get(name) == value]
    assert of.read(FLEET, Query.parse('match[]={domain="nobody"}'))["total"] == 0
    assert of.read(FLEET, Query.parse('match[]=vm_cpu{domain="vm-00000"}'))["total"] == 0
    assert of.rows(of.read(FLEET, Query.parse("limit=1&offset=1"))) == rows[1:2]


def test_periods_are_compared_as_asked() -> None:
    (of,) = (each for each in RESOURCES if each.path == "/api/v1/compare")
    week = of.read(FLEET, Query.parse("limit=1000"))
    assert week == of.read(FLEET, Query.parse("limit=1000&days=7&back=7"))
    assert week != of.read(FLEET, Query.parse("limit=1000&days=5"))
    assert week == of.read(FLEET, Query.parse("limit=1000&days=7&back=5"))  # periods do not overlap


def test_periods_of_which_too_little_is_known_have_no_changes_and_the_reason() -> None:
    """The fleet has a past of two weeks."""
    (of,) = (each for each in RESOURCES if each.path == "/api/v1/compare")
    said = {
        asked: of.read(FLEET, Query.parse(asked)) for asked in ("", "days=14", "days=14&back=23", "days=5")
    }
    assert {asked: answer["note"] for asked, answer in said.items()} == {
        "": "",
        "days=14": "28 days of the past are needed, 14 are known",
        "days=14&back=23": "37 days of the past are needed, 14 are known",
        "days=5": "",
    }
    assert said["days=14"]["compare"] == []


def test_hours_that_were_asked_for_in_vain_are_not_known() -> None:
    """A backend that is ten days old is asked for four weeks."""
    (of,) = (each for each in RESOURCES if each.path == "/api/v1/compare")
    level = np.full((28 * 24, 1), 0.1, np.float32)
    level[: 18 * 24] = np.nan
    table = Rollup((("h1", "web"),), 3600 * np.arange(1, len(level) + 1), level, level)
    young = replace(FLEET, view=replace(FLEET.view, rollups=Rollups(3600, {"vm_cpu": table})))
    answer = of.read(young, Query.parse(""))
    assert answer["note"] == "14 days of the past are needed, 10 are known"


def test_periods_out_of_bounds_are_refused() -> None:
    (of,) = (each for each in RESOURCES if each.path == "/api/v1/compare")
    for wrong in ("days=4", "days=15", "back=4", "back=24", "days=x"):
        with pytest.raises(Refusal, match=r"days|back"):
            of.read(FLEET, Query.parse(wrong))
