"""Every alert comes complete: severity, kind, runbook, a test in which it fires and a silent twin."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

HERE = Path(__file__).resolve().parent
RULES = HERE.parents[1] / "alert_rules"


def rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((RULES / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules("alerts.rules.yml")}
RECORDED = [rule["record"] for rule in rules("recording.rules.yml")]
ALWAYS = {
    "Watchdog"
}  # a dead man's switch: its silence is the fault, and no rule of this Prometheus sees that
SECTIONS = ("## Meaning", "## Impact", "## Diagnosis", "## What to do", "## Tuning and silence")


def cases(alert: str) -> list[dict[str, Any]]:
    """The groups of the promtool test that is named after an alert."""
    tests = yaml.safe_load((HERE / "alerts" / f"{alert}.test.yml").read_text())["tests"]
    for test in tests:
        assert {case["alertname"] for case in test["alert_rule_test"]} == {alert}
    return list(tests)


def fires(test: dict[str, Any]) -> bool:
    return any(case.get("exp_alerts") for case in test["alert_rule_test"])


@pytest.mark.parametrize("folder", ["alerts", "recording"])
def test_promtool(folder: str, run: Tool) -> None:
    files = sorted(path.name for path in (HERE / folder).glob("*.test.yml"))
    tested = run("promtool", "test", "rules", *files, cwd=HERE / folder)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count("SUCCESS") == len(files)


@pytest.mark.parametrize("profile", ["demo"], indirect=True)
def test_the_demo_s_alerts_come_in_seconds(rendered: Path, run: Tool) -> None:
    shutil.copy(HERE / "demo.test.yml", rendered)
    tested = run("promtool", "test", "rules", "demo.test.yml", cwd=rendered)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_alerts_are_the_promised_ones() -> None:
    assert set(ALERTS) == {
        "VmFilesystemExhaustionPredicted",
        "VmFilesystemFull",
        "VmMemoryExhaustionPredicted",
        "VmMemoryExhausted",
        "VmCpuAnomaly",
        "VmMigrationFailed",
        "LibvirtDown",
        "VirtcastForecasterStale",
        *ALWAYS,
    }


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_a_firing_test_and_a_silent_twin(alert: str) -> None:
    firing = [fires(test) for test in cases(alert)]
    assert any(firing), "no test in which it fires"
    assert all(firing) == (alert in ALWAYS), "no test in which it stays silent"


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_severity_kind_and_texts(alert: str) -> None:
    labels, annotations = ALERTS[alert]["labels"], ALERTS[alert]["annotations"]
    assert labels["severity"] in ({"none"} if alert in ALWAYS else {"critical", "warning", "info"})
    assert labels["kind"] in {"actual", "predicted"}
    assert set(annotations) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert annotations["runbook_url"].endswith(f"/{alert}.md")


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_has_a_runbook_with_every_section(alert: str) -> None:
    lines = (RULES / "runbooks" / f"{alert}.md").read_text().splitlines()
    assert lines[0] == f"# {alert}"
    assert [line for line in lines if line.startswith("## ")] == list(SECTIONS)


def test_runbooks_and_tests_are_of_alerts_that_exist() -> None:
    assert {path.stem for path in (RULES / "runbooks").glob("*.md")} == set(ALERTS)
    assert {path.name.removesuffix(".test.yml") for path in (HERE / "alerts").iterdir()} == set(ALERTS)


@pytest.mark.parametrize(
    "alert", [name for name, rule in ALERTS.items() if rule["labels"]["kind"] == "predicted"]
)
def test_a_prediction_pages_nobody_lasts_and_is_joined_with_what_is_the_case(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] != "critical"
    assert rule["for"]
    assert rule["keep_firing_for"]
    assert "and on" in rule["expr"]
    assert any(name in rule["expr"] for name in RECORDED)


@pytest.mark.parametrize("record", RECORDED)
def test_each_recording_rule_has_a_test(record: str) -> None:
    texts = [path.read_text() for path in (HERE / "recording").glob("*.test.yml")]
    assert any(f"labels: '{record}{{" in text for text in texts)
