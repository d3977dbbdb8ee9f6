"""Migrations as they were, beside their forecast: of a VM that went and came back, the one that was last."""

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
NOW = 1260  # seconds; promtool's clock starts at 0
LAST = 'libvirt_domain_last_migration_{}{{instance="{}",domain="web",direction="outgoing",result="success"}}'


def left(host: str, at: int, duration: float, until: int) -> Iterator[tuple[str, str]]:
    """What a host tells of the migration that left it `at` this time, until its exporter starts anew."""
    figures = {
        "timestamp_seconds": at,
        "duration_seconds": duration,
        "downtime_seconds": duration / 100,
        "transferred_bytes": duration * 1000,
    }
    for name, value in figures.items():
        yield LAST.format(name, host), f"_x{at // 60} {value}+0x{(until - at) // 60 - 1} stale"


MOVED = dict([*left("a", 300, 30, 3000), *left("b", 900, 5, 1260)])
EXPECTED = {
    f'virtcast_migration_expected_{name}{{instance="a",domain="web"}}': "1+0x40"
    for name in ("seconds", "to_converge", "downtime_seconds", "transferred_bytes")
}


def answers(expression: str, values: dict[str, float], at: int, folder: Path) -> None:
    """The expression has these values by labels."""
    expected: list[dict[str, Any]] = [{"labels": labels, "value": value} for labels, value in values.items()]
    assert_answer(filled_in(expression), expected, {**MOVED, **EXPECTED}, at, folder)


@pytest.mark.parametrize(("header", "newest"), [("Last took", 5), ("Last pause", 0.05), ("Last sent", 5000)])
def test_the_last_migration_is_the_newest_of_all_hosts(header: str, newest: float, tmp_path: Path) -> None:
    found = columns(panel(json.loads(PAGE.read_text()), 41))[header]
    answers(found, {'{instance="a", domain="web"}': newest}, NOW - 60, tmp_path)


@pytest.mark.parametrize(("at", "duration"), [(300, 30), (360, None), (900, 5), (960, None), (NOW, None)])
def test_dots_are_where_migrations_ended(at: int, duration: float | None, tmp_path: Path) -> None:
    """None where a host forgets its own, and an older one is the newest that is known."""
    found = panel(json.loads(PAGE.read_text()), 42)["targets"][1]["expr"]
    answers(found, {} if duration is None else {'{domain="web"}': duration}, at, tmp_path)
