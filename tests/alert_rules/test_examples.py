"""Each alert fires in its example with exactly these labels and texts, and is silent in the twin."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alert_rules.annotations import annotate
from alert_rules.profiles import PROFILES
from alert_rules.registry import ALERTS, AREAS
from rules_lint.examples import Example, examples
from rules_lint.known import REPLICA, SOURCE, known

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
RULES = yaml.safe_load((ROOT / "alert_rules" / "alerts.rules.yml").read_text())["groups"]
ROWS = {alert.name: alert for alert in ALERTS}
AREA = {alert.name: area.name for area in AREAS for alert in area.alerts}
BY_AREA: dict[tuple[str, str], list[Example]] = defaultdict(list)
for _each in examples():
    BY_AREA[AREA.get(_each.alert, "none"), _each.interval].append(_each)


def expected(example: Example) -> dict[str, Any]:
    """The alert as promtool expects it: the row's labels and links, the example's texts."""
    row, told = ROWS[example.alert], dict(example.told)
    links = {
        name: re.sub(r"\{\{ \$labels\.(\w+) \| urlquery \}\}", lambda found: told[found[1]], text)
        for name, text in annotate(row, PROFILES["default"]["addresses"]).items()
        if name.endswith("_url")
    }
    return {
        "exp_labels": {**row.all_labels, **({"owner": "none"} if row.of_vm else {}), **told},
        "exp_annotations": {**links, "summary": example.summary, "description": example.description},
    }


def group(example: Example, *, fires: bool) -> dict[str, Any]:
    """A test group of promtool."""
    series = example.series if fires else example.silent
    test = {"eval_time": example.at, "alertname": example.alert}
    return {
        "name": f"{example.alert} {'fires' if fires else 'is silent'}",
        "interval": example.interval,
        "input_series": [{"series": name, "values": str(values)} for name, values in series.items()],
        "alert_rule_test": [{**test, "exp_alerts": [expected(example)]} if fires else test],
    }


def promtool(
    run: Tool, folder: Path, area: str, interval: str, groups: list[dict[str, Any]]
) -> subprocess.CompletedProcess[str]:
    """With the rules of one area only: days of all rules take minutes."""
    names = (f"virtcast-{area}", f"virtcast-{area}-critical")
    rules = {"groups": [each for each in RULES if each["name"] in names]}
    (folder / "area.rules.yml").write_text(yaml.safe_dump(rules, allow_unicode=True))
    file = {"rule_files": ["area.rules.yml"], "evaluation_interval": interval, "tests": groups}
    (folder / "examples.test.yml").write_text(yaml.safe_dump(file, allow_unicode=True))
    return run("promtool", "test", "rules", "examples.test.yml", cwd=folder)


@pytest.mark.parametrize(("area", "interval"), sorted(BY_AREA))
def test_fires_and_is_silent(area: str, interval: str, tmp_path: Path, run: Tool) -> None:
    shown = BY_AREA[area, interval]
    assert area != "none", [example.alert for example in shown]
    groups = [group(example, fires=fires) for example in shown for fires in (True, False)]
    tested = promtool(run, tmp_path, area, interval, groups)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_values_are_text() -> None:
    """YAML reads an unquoted 0x40 as the number 64, where promtool reads forty zeros."""
    values = [value for each in examples() for value in (*each.series.values(), *each.silent.values())]
    assert [value for value in values if not isinstance(value, str)] == []


def test_twins_differ_from_what_fires() -> None:
    assert [each.alert for each in examples() if each.silent == each.series] == []


def test_a_twin_that_fires_is_found(tmp_path: Path, run: Tool) -> None:
    example = next(each for each in examples() if each.alert == "VmCrashed")
    twin = group(example, fires=False)
    twin["input_series"] = group(example, fires=True)["input_series"]
    assert promtool(run, tmp_path, "state", example.interval, [twin]).returncode == 1


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.alert)
def test_the_series_are_those_of_an_exporter(example: Example) -> None:
    """With all labels that it gives, and no others."""
    series = known()
    for each in {**example.series, **example.silent}:
        name = each.split("{")[0]
        labels = set(re.findall(r'(\w+)="', each))
        assert name in series, each
        own = SOURCE | REPLICA if name.startswith("virtcast_") else REPLICA
        if name != "ALERTS":
            assert series[name] - own - {"job"} <= labels <= series[name] | {"job"}, each
