"""promtool runs the tests of alerts and recording rules on the committed files, and one of the demo's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from rules_in_part import write_part

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

HERE = Path(__file__).resolve().parent


ALERT_RULES = HERE.parents[1] / "alert_rules/alerts.rules.yml"
FILES = sorted(path.relative_to(HERE) for path in HERE.glob("*/*.test.yml"))
OF_ALERTS = [file for file in FILES if file.parts[0] == "alerts"]


@pytest.mark.parametrize("file", sorted(set(FILES) - set(OF_ALERTS)), ids=str)
def test_promtool(file: Path, run: Tool) -> None:
    tested = run("promtool", "test", "rules", file.name, cwd=HERE / file.parent)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count("SUCCESS") == 1


@pytest.mark.parametrize("file", OF_ALERTS, ids=str)
def test_alerts(file: Path, run: Tool, tmp_path: Path) -> None:
    test = yaml.safe_load((HERE / file).read_text())
    assert test["rule_files"] == ["../../../alert_rules/alerts.rules.yml"]
    alerts = {asked["alertname"] for case in test["tests"] for asked in case["alert_rule_test"]}
    write_part(ALERT_RULES, alerts, tmp_path / "alerts.rules.yml")
    (tmp_path / file.name).write_text(yaml.safe_dump({**test, "rule_files": ["alerts.rules.yml"]}))
    tested = run("promtool", "test", "rules", file.name, cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count("SUCCESS") == 1


@pytest.mark.parametrize("profile", ["demo"], indirect=True)
def test_the_demo_s_alerts_come_in_seconds(rendered: Path, run: Tool, tmp_path: Path) -> None:
    for file in (HERE / "demo.test.yml", *rendered.glob("*.rules.yml")):
        shutil.copy(file, tmp_path)
    tested = run("promtool", "test", "rules", "demo.test.yml", cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
