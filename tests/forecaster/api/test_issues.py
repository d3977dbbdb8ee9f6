"""What to look at first, as JSON: what the page shows, whole."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from example_view import only, rows_of
from exporter.web.query import Query
from forecaster.advice.issues import ADVISER
from forecaster.advice.neighbours import Neighbour
from forecaster.api.issues import read
from forecaster.view.inventory import Disk, Host, Inventory, Pool, Vm

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import View

NOW = 1_800_000_000


def ask(view: View, query: str = "") -> dict[str, Any]:
    found = read(view.fresh(NOW, 900), Query.parse(query))
    answer: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return answer


def test_an_issue_has_all_that_is_wrong_with_a_vm(view: Callable[..., View]) -> None:
    (issue,) = ask(view())["issues"]
    assert issue["labels"] == {"domain": "web", "instance": "h1"}
    assert issue["kind"] == "exhaustion_soon"
    assert [sign["kind"] for sign in issue["signs"]] == ["exhaustion_soon", "anomaly"]
    first, second = issue["signs"]
    assert (first["exhaustion_seconds"], first["limit"], first["value"]) == (7200, 0.9, 0.35)
    assert first["text"] == "now 35 %; reaches the limit of 90 % in 2h"
    assert (second["anomaly_score"], second["text"][:32]) == (1.5, "usually 12 % at this time, now 3")
    assert issue["text"] == "vm_cpu: " + first["text"] + "; and 1 more"


def test_the_page_shows_the_first_of_them(view: Callable[..., View]) -> None:
    made = view()
    told, (shown,) = ask(made), ADVISER.rows(made.fresh(NOW, 900))
    first = told["issues"][0]
    assert shown[2] == f"{first['text']}. Next: {first['action']}"


def test_issues_are_chosen_and_paged(view: Callable[..., View]) -> None:
    assert ask(view(), 'match[]={domain="db"}') == {"total": 0, "issues": []}
    assert ask(view(), 'match[]={domain="web"}')["total"] == 1
    assert ask(view(), "offset=1") == {"total": 1, "issues": []}
    assert rows_of(view()).resource.name == ask(view())["issues"][0]["resource"]


WEB = Vm("h1", "web", state="paused", paused_by_error=1.0, uuid="u1")
DB = Vm("h1", "db", "x", "u2", state="paused", paused_by_error=1.0, disks=(Disk("vda", source="/srv/i/x"),))
IMAGES = Pool("h1", "i", type="dir", path="/srv/i", capacity_bytes=2.0**36, allocation_bytes=2.0**36)
BULLY = Neighbour((("domain", "bully"), ("instance", "h1")), "cpu", NOW, 0.9, 0.7, "6 CPUs", ("web",))


def in_trouble(view: View) -> View:
    """The VM web stands still for an error of its own, db since its pool is full."""
    return replace(view, inventory=Inventory(NOW, (DB, WEB), (Host("h1"),), (IMAGES,)))


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("", ("web", "i")),
        ('match[]={domain="web"}', ("web",)),
        ('match[]={domain="db"}', ("i",)),  # stands still because of it
        ('match[]={instance="h1"}', ("web", "i")),
        ('match[]=vm_cpu{domain="web"}', ("web",)),
        ('match[]=vm_cpu{domain="db"}', ()),
        ('match[]={pool="i"}&match[]={domain="nobody"}', ("i",)),
        ("resource=vm_cpu", ("web",)),
        ("resource=host_cpu", ()),
        ('resource=vm_cpu&match[]={domain="db"}', ()),
    ],
)
def test_a_filter_chooses_issues_and_changes_none(
    view: Callable[..., View], query: str, about: tuple[str, ...]
) -> None:
    made = in_trouble(view())
    names = [each["labels"].get("pool") or each["labels"]["domain"] for each in ask(made, query)["issues"]]
    assert names == list(about)
    every = {each["id"]: each for each in ask(made)["issues"]}
    assert all(each == every[each["id"]] for each in ask(made, query)["issues"])


def test_a_filter_keeps_what_a_neighbour_causes_with_it(
    view: Callable[..., View], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.advice.issues.neighbours", lambda *_: (BULLY,))
    made = view()
    outlook = rows_of(made).outlook
    calm = replace(outlook, exhaustion_seconds=outlook.exhaustion_seconds * np.inf)
    made = only(made, outlook=replace(calm, probability=calm.probability * 0.0))
    (every,) = ask(made)["issues"]
    assert (every["kind"], every["labels"]["domain"]) == ("neighbour", "bully")
    assert ask(made, 'match[]={domain="web"}')["issues"] == [every]
