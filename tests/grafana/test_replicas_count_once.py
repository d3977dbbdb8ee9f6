"""Two forecasters of the same series: panels count once what both say, and add up what shards say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from answered import assert_answer
from dashboards import VALUES, filled_in, panel

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1200  # seconds; promtool's clock starts at 0
STEADY = {  # what both replicas say: series, value
    'virtcast_series{{instance="f{r}", resource="vm_cpu", state="ready", {replica}}}': 100,
    'virtcast_exhaustions_flagged{{instance="f{r}", resource="vm_memory", {replica}}}': 3,
    'virtcast_exhaustions_missed{{instance="f{r}", resource="vm_memory", {replica}}}': 2,
    'virtcast_pattern_info{{instance="h", domain="web", resource="vm_cpu", kind="idle", {replica}}}': 1,
    'virtcast_efficiency_waste_info{{instance="h", domain="web", kind="idle", {replica}}}': 1,
    'virtcast_efficiency_waste_info{{instance="h", pool="images", kind="orphans", {replica}}}': 1,
    'virtcast_efficiency_waste_info{{instance="h", pool="backup", kind="orphans", {replica}}}': 1,
}
SERIES = {
    series.format(r=replica, replica=f'job="{replica}", replica="{replica}"'): f"{value}+0x20"
    for series, value in STEADY.items()
    for replica in "ab"
}
GROWING = {
    f'virtcast_migration_forecasts_judged_total{{instance="f{replica}", replica="{replica}"}}': "0+1x20"
    for replica in "ab"
}
SHARDS = {
    f'virtcast_series{{instance="f{shard}", resource="vm_cpu", state="ready"}}': "100+0x20" for shard in "ab"
}
CASES = [
    ("fleet", 41, 0, {'{state="ready"}': 100}),
    ("monitoring", 34, 0, {"{}": 3}),
    ("monitoring", 34, 1, {"{}": 2}),
    ("insights", 5, 0, {'{kind="idle"}': 1}),
    ("capacity", 43, 0, {'{kind="idle"}': 1, '{kind="orphans"}': 2}),
    ("migrations", 43, 2, {"{}": 10}),
]


def asked(page: str, number: int, query: int) -> str:
    shown: dict[str, Any] = panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)
    return filled_in(shown["targets"][query]["expr"], {**VALUES, "$__range": "10m"})


def answer(expr: str, expected: dict[str, float], series: dict[str, str], folder: Path) -> None:
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    assert_answer(expr, samples, series, NOW, folder)


@pytest.mark.parametrize(("page", "number", "query", "expected"), CASES)
def test_replicas_are_taken_for_one(
    page: str, number: int, query: int, expected: dict[str, float], tmp_path: Path
) -> None:
    answer(asked(page, number, query), expected, SERIES | GROWING, tmp_path)


def test_shards_add_up(tmp_path: Path) -> None:
    answer(asked("fleet", 41, 0), {'{state="ready"}': 200}, SHARDS, tmp_path)
