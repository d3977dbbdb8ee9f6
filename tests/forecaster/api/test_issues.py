"""What to look at first, as JSON: what the page shows, whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from example_view import rows_of
from exporter.web.query import Query
from forecaster.advice.issues import ADVISER
from forecaster.api.issues import read

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
