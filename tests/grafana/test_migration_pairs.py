"""The table of pairs: a VM that moved on is no migration from its first host to its last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from answered import assert_answer
from dashboards import columns, filled_in, panel

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-migrations.json"
NOW = 1200  # seconds; promtool's clock starts at 0


def ends(left: str, to: str, at: float, seconds: float, domain: str = "web") -> Iterator[tuple[str, str]]:
    """What both hosts tell of a migration; their clocks are a second apart."""
    for host, direction, when in ((left, "outgoing", at), (to, "incoming", at + 1)):
        labels = f'{{instance="{host}", domain="{domain}", direction="{direction}", result="success"}}'
        yield f"libvirt_domain_last_migration_timestamp_seconds{labels}", f"{when}+0x20"
        yield f"libvirt_domain_last_migration_duration_seconds{labels}", f"{seconds}+0x20"


TWICE = dict([*ends("h1", "h2", 300, 7), *ends("h2", "h3", 900, 11), *ends("h3", "h1", 600, 5, "db")])
CASES = {
    "VMs": [("h2", "h3", 1), ("h3", "h1", 1)],
    "Longest": [("h2", "h3", 11), ("h3", "h1", 5)],
}


@pytest.mark.parametrize("header", CASES)
def test_pairs_are_those_of_one_migration(header: str, tmp_path: Path) -> None:
    found = columns(panel(json.loads(PAGE.read_text()), 34))
    expected: list[dict[str, Any]] = [
        {"labels": f'{{instance="{left}", to="{to}"}}', "value": value} for left, to, value in CASES[header]
    ]
    assert_answer(filled_in(found[header]), expected, TWICE, NOW, tmp_path)
