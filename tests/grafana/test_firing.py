"""Alerts of one name on one host are told apart, by what each is about."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from alert_rules import profiles
from alert_rules.registry import AREAS
from alert_rules.rules import alert_groups
from answered import assert_answer
from dashboards import filled_in, panel
from forecaster.config.resource import Display, Resource
from forecaster.config.resources import RESOURCES
from grafana.generation import generated
from grafana.profile import PROFILES
from grafana.queries.firing import OF_ANY_RESOURCE, PARTS, WHAT

if TYPE_CHECKING:
    from pathlib import Path

    from alert_rules.alert import Alert

GPU = Resource("gpu_memory", "vm:gpu_memory:ratio", display=Display("GPU memory", owner="vm", part="gpu"))
WITH_OWN = replace(PROFILES["default"], resources=(*RESOURCES, GPU))
NOW = 1200  # seconds; promtool's clock starts at 0
ALERTS = [alert for group in alert_groups(AREAS, profiles.PROFILES["default"]) for alert in group.rules]
# Labels with a column of their own, of one target each, or that only say more of what others tell apart.
ELSEWHERE = {"domain", "instance", "resource", "job", "criticality", "health"}
CASES = {  # what is about what: labels, and the words for it
    "PoolFull": ('instance="h", resource="pool", pool="images"', "images"),
    "VmDiskSlow": ('instance="h", domain="web", target_device="vda"', "vda"),
    "HostThinPoolFull": ('instance="h", volume_group="vg", thin_pool="data"', "vg data"),
    "NetworkInactive": ('instance="h", network="default"', "default"),
    "VirtcastResourceFailing": ('instance="f", resource="vm_cpu"', "vm_cpu"),
    "OwnResourceAtLimit": ('instance="h", resource="gpu_memory", gpu="1"', "1 gpu_memory"),
    "VmCpuAnomaly": ('instance="h", domain="web", resource="vm_cpu"', ""),
}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_label_that_an_alert_names_is_shown(alert: Alert) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", f"{alert.summary} {alert.description}"))
    assert named - ELSEWHERE <= set(PARTS)
    by_resource = "resource" in named and not re.match("Vm|Host|Pool", alert.name)
    assert by_resource <= bool(re.fullmatch(OF_ANY_RESOURCE, alert.name))


@pytest.mark.parametrize("name", CASES)
def test_what_fires_says_what_it_is_about(name: str, tmp_path: Path) -> None:
    labels, what = CASES[name]
    page = json.loads(generated(WITH_OWN)["virtcast-fleet.json"])
    expr = filled_in(panel(page, 13)["targets"][0]["expr"])
    series = {
        f'ALERTS{{alertname="{name}", alertstate="firing", {labels}}}': "1+0x20",
        f'ALERTS_FOR_STATE{{alertname="{name}", {labels}}}': "300+0x20",
    }
    expected: list[dict[str, Any]] = [
        {
            "labels": f'{{alertname="{name}", what="{what}"}}' if what else f'{{alertname="{name}"}}',
            "value": 900,
        }
    ]
    assert_answer(f"max by (alertname, {WHAT}) ({expr})", expected, series, NOW, tmp_path)


@pytest.mark.parametrize("name", ["Actual alerts", "Predicted alerts"])
def test_marks_of_one_vm_say_it_too(name: str) -> None:
    marks = json.loads(generated(WITH_OWN)["virtcast-vm.json"])["annotations"]["list"]
    (mark,) = [each for each in marks if each["name"] == name]
    assert mark["textFormat"].endswith("{{instance}} {{domain}} {{what}}")
    assert '"target_device"' in mark["expr"]
    assert '"gpu"' in mark["expr"]
