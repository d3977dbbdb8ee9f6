"""Alerts on resources of the user's own: the example that is shipped, put to promtool."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from alert_rules import own_resources
from alert_rules.profiles import PROFILES
from alert_rules.render import write_all
from forecaster.config.file import read
from forecaster.config.resources import RESOURCES

EXAMPLE = Path(__file__).parents[2] / "deploy/config/forecaster/application.yml"
OWN = next(each for each in read(EXAMPLE).resources if each.name == "exporter_latency")
LABELS = 'instance="host-a"'
OF_FORECASTER = f'job="virtcast", resource="exporter_latency", {LABELS}'


def test_the_example_is_ten_lines() -> None:
    assert len(EXAMPLE.read_text().split("resources:")[1].strip().splitlines()) <= 10


def test_built_in_resources_have_no_alerts_here() -> None:
    assert own_resources.areas(RESOURCES) == ()


def test_what_has_no_limit_has_no_alert_on_one() -> None:
    (area,) = own_resources.areas([replace(OWN, limit=float("inf"))])
    assert [alert.name for alert in area.alerts] == ["OwnResourceAnomaly"]


def fired(
    tmp_path: Path, value: str, alert: str, resource: Any = OWN, at: str = "20m", **gauges: str
) -> bool:
    """Whether the alert fires on this value and these gauges of the forecaster."""
    write_all(tmp_path, PROFILES["default"], resources=[resource])
    series = [{"series": f'libvirt_scrape_duration_seconds{{job="libvirt", {LABELS}}}', "values": value}]
    for gauge, values in gauges.items():
        own = ', horizon="1h"' if gauge.endswith("ratio") else ""
        series.append({"series": f"virtcast_{gauge}{{{OF_FORECASTER}{own}}}", "values": values})
    tests = {
        "rule_files": [str(tmp_path / "alerts.rules.yml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": series,
                "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(tests))
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing: install the Debian package prometheus")
    run = ["promtool", "test", "rules", str(tmp_path / "test.yml")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    silent = done.returncode == 0
    assert silent or 'resource="exporter_latency"' in done.stdout + done.stderr, done.stdout + done.stderr
    return not silent


LIKELY = {"exhaustion_probability_ratio": "0.8x30", "threshold_value": "0.5x30", "limit_value": "1x30"}


def test_a_prediction_needs_the_actual_value_too(tmp_path: Path) -> None:
    name = "OwnResourceExhaustionPredicted"
    assert fired(tmp_path, "0.8x30", name, **LIKELY)
    assert not fired(tmp_path, "0.6x30", name, **LIKELY), "far from its limit"
    assert not fired(tmp_path, "0.8x30", name, at="9m", **LIKELY), "not for long"
    assert not fired(tmp_path, "0.8x30", name, **{**LIKELY, "exhaustion_probability_ratio": "0.4x30"})


def test_a_value_at_its_limit_on_either_side(tmp_path: Path) -> None:
    name, limit = "OwnResourceAtLimit", {"limit_value": "1x30"}
    falling = replace(OWN, limit_side="lower")
    assert fired(tmp_path, "1x30", name, **limit)
    assert not fired(tmp_path, "0.9x30", name, **limit)
    assert fired(tmp_path, "0.9x30", name, falling, **limit)
    assert not fired(tmp_path, "1.1x30", name, falling, **limit)


def test_an_anomaly_fires_and_a_usual_score_does_not(tmp_path: Path) -> None:
    assert fired(tmp_path, "0.3x30", "OwnResourceAnomaly", anomaly_score="1.2x30")
    assert not fired(tmp_path, "0.3x30", "OwnResourceAnomaly", anomaly_score="0.8x30")


def test_only_the_actual_value_may_inhibit_a_prediction() -> None:
    (area,) = own_resources.areas([OWN])
    kinds = {alert.name.removeprefix("OwnResource"): alert.kind for alert in area.alerts}
    assert kinds == {"ExhaustionPredicted": "predicted", "AtLimit": "actual", "Anomaly": "anomaly"}
