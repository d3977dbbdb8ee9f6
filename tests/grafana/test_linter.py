"""Rules of grafana/dashboard-linter on queries, as far as they apply.

Those on texts, units and data sources are in `test_dashboards.py`. Those on variables called job and instance
do not fit pages of hosts and VMs.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dashboards import panels, variables

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana/json").iterdir())}
EXPRESSIONS = [
    pytest.param(target["expr"], target, id=f"{uid}-{panel['id']}-{target['refId']}")
    for uid, page in DASHBOARDS.items()
    for panel in panels(page)
    for target in panel["targets"]
]
COUNTER = re.compile(r"\b\w+_(?:total|bucket)(?!\w)(?:\$\w+)?(?:\{[^}]*\})?(?P<next>.?)")
WINDOW = re.compile(r"\b(?P<function>rate|irate|increase)\([^()\[]*\[(?P<window>[^\]]+)\]")


@pytest.mark.parametrize(("expression", "target"), EXPRESSIONS)
def test_counters_are_asked_for_their_increase(expression: str, target: dict[str, Any]) -> None:
    """A counter by itself only says when its program started."""
    bare = [found[0] for found in COUNTER.finditer(expression) if found["next"] != "["]
    assert not bare, target["refId"]


@pytest.mark.parametrize(("expression", "target"), EXPRESSIONS)
def test_rates_have_windows_that_suit_the_step(expression: str, target: dict[str, Any]) -> None:
    """$__rate_interval holds samples enough; increases of bars and cells are those of their own width. What
    is asked for now has a window that its title can name.
    """
    windows = {found["window"] for found in WINDOW.finditer(expression)}
    assert "irate(" not in expression
    if target.get("range"):
        assert windows <= {"$__rate_interval", "$__interval"}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_the_data_source_can_be_chosen(uid: str) -> None:
    chosen = [each for each in variables(DASHBOARDS[uid]).values() if each["type"] == "datasource"]
    assert [(each["name"], each["query"], each["label"]) for each in chosen] == [
        ("datasource", "prometheus", "Data source")
    ]
