"""Alertmanager's configuration, put to its own tool and to a real Alertmanager with a real receiver."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest
import yaml

from alert_rules import registry
from alert_rules.alert import Severity

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from alert_rules.alert import Alert
    from tests.alert_rules.conftest import Alertmanager, Eventually, Inbox

    Tool = Callable[..., subprocess.CompletedProcess[str]]

ALERTS = {row.name: row for row in registry.ALERTS}
MATCHER = re.compile(r'(\w+)(!=|!~|=~|=)"(.*)"')
RECEIVERS = {"critical": "critical", "warning": "warning", "info": "none", "none": "watchdog"}  # by severity


def alert(name: str, **labels: str) -> dict[str, str]:
    """The labels of a firing alert: those of the rule, and those of the series."""
    return {"alertname": name, **ALERTS[name].all_labels, **labels}


def test_configuration_passes_amtool(rendered: Path, run: Tool) -> None:
    checked = run("amtool", "check-config", rendered / "alertmanager.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_severity_has_its_receiver() -> None:
    assert set(RECEIVERS) == set(get_args(Severity))


@pytest.mark.parametrize("name", ALERTS)
def test_routes(rendered: Path, run: Tool, name: str) -> None:
    receiver = RECEIVERS[ALERTS[name].severity]
    matchers = [f"{label}={value}" for label, value in alert(name, instance="host-a").items()]
    config = f"--config.file={rendered / 'alertmanager.yml'}"
    routed = run("amtool", "config", "routes", "test", config, f"--verify.receivers={receiver}", *matchers)
    assert routed.returncode == 0, routed.stdout + routed.stderr


def matches(labels: dict[str, str], matcher: str) -> bool:
    """Whether Alertmanager would say so, of one matcher."""
    name, operator, value = MATCHER.fullmatch(matcher).groups()  # type: ignore[union-attr]
    equal = (
        bool(re.fullmatch(value, labels.get(name, ""))) if "~" in operator else labels.get(name, "") == value
    )
    return equal is not operator.startswith("!")


@pytest.mark.parametrize(
    "alert_of_waste", [row for area in registry.AREAS if area.advises for row in area.alerts]
)
def test_advice_inhibits_nothing(rendered: Path, alert_of_waste: Alert) -> None:
    rules = yaml.safe_load((rendered / "alertmanager.yml").read_text())["inhibit_rules"]
    labels = alert(alert_of_waste.name, instance="host-a", domain="web")
    inhibiting = [rule for rule in rules if all(matches(labels, one) for one in rule["source_matchers"])]
    assert inhibiting == []


def test_what_is_not_used_is_advice() -> None:
    assert [area.name for area in registry.AREAS if area.advises] == ["waste"]


def test_what_nobody_is_told_of_hides_nothing_that_somebody_is(
    alertmanager: Alertmanager, inbox: Inbox, eventually: Eventually
) -> None:
    web, db = ({"instance": "host-a", "domain": name} for name in ("web", "db"))
    alertmanager.post(
        alert("VmCpuOverProvisioned", **web),
        alert("VmFellSilent", **web),
        alert("VmCpuAnomaly", **web),
        alert("VmCpuSaturationPredicted", **web),
        alert("VmCpuSaturationPredicted", **db),
        alert("VmFellSilent", **db),
        alert("VmCpuAnomaly", **db),
    )
    expected = {
        "VmCpuOverProvisioned host-a web": "active",
        "VmFellSilent host-a web": "active",
        "VmCpuAnomaly host-a web": "suppressed",
        "VmCpuSaturationPredicted host-a web": "active",
        "VmCpuSaturationPredicted host-a db": "active",
        "VmFellSilent host-a db": "active",
        "VmCpuAnomaly host-a db": "suppressed",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()
    assert eventually(lambda: inbox.told("/warning") == {"VmFellSilent host-a web", "VmFellSilent host-a db"})


PREDICTED = "VmFilesystemExhaustionPredicted"


def test_what_has_come_true_inhibits_its_prediction_and_is_delivered(
    alertmanager: Alertmanager, inbox: Inbox, eventually: Eventually
) -> None:
    web = {"instance": "host-a", "domain": "web"}
    alertmanager.post(
        alert("VmFilesystemFull", **web, mountpoint="/data"),
        alert("VmMemoryExhausted", **web),
        alert("VmCpuAnomaly", instance="host-a", domain="db"),
        alert(PREDICTED, **web, mountpoint="/data"),
        alert(PREDICTED, **web, mountpoint="/"),
        alert(PREDICTED, instance="host-b", domain="web", mountpoint="/data"),
        alert("VmMemoryExhaustionPredicted", **web),
        alert("VmMemoryExhaustionPredicted", instance="host-a", domain="db"),
    )
    expected = {
        "VmFilesystemFull host-a web /data": "active",
        "VmMemoryExhausted host-a web": "active",
        "VmCpuAnomaly host-a db": "active",
        f"{PREDICTED} host-a web /data": "suppressed",
        f"{PREDICTED} host-a web /": "active",
        f"{PREDICTED} host-b web /data": "active",
        "VmMemoryExhaustionPredicted host-a web": "suppressed",
        "VmMemoryExhaustionPredicted host-a db": "active",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()

    active = {name for name, state in expected.items() if state == "active"}
    critical = {"VmFilesystemFull host-a web /data", "VmMemoryExhausted host-a web"}
    warning = active - critical - {"VmCpuAnomaly host-a db"}
    assert eventually(lambda: inbox.told("/critical") == critical), inbox.posts
    assert eventually(lambda: inbox.told("/warning") == warning), inbox.posts


def test_a_host_without_libvirt_inhibits_its_vms_and_nothing_else(
    alertmanager: Alertmanager, inbox: Inbox, eventually: Eventually
) -> None:
    alertmanager.post(
        alert("LibvirtDown", instance="host-a"),
        alert("VmMemoryExhausted", instance="host-a", domain="web"),
        alert(PREDICTED, instance="host-a", domain="web", mountpoint="/"),
        alert("VmMigrationFailed", instance="host-a"),
        alert("VmMemoryExhausted", instance="host-b", domain="web"),
        alert("VirtcastForecasterStale", instance="host-a"),
    )
    expected = {
        "LibvirtDown host-a": "active",
        "VmMemoryExhausted host-a web": "suppressed",
        f"{PREDICTED} host-a web /": "suppressed",
        "VmMigrationFailed host-a": "suppressed",
        "VmMemoryExhausted host-b web": "active",
        "VirtcastForecasterStale host-a": "active",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()
    critical = {"LibvirtDown host-a", "VmMemoryExhausted host-b web"}
    assert eventually(lambda: inbox.told("/critical") == critical), inbox.posts


def test_maintenance_of_a_vm_mutes_its_alerts_and_no_others(
    alertmanager: Alertmanager, inbox: Inbox, eventually: Eventually
) -> None:
    web = {"instance": "host-a", "domain": "web"}
    alertmanager.post(
        alert("VmMaintenance", **web),
        alert("VmMemoryExhausted", **web),
        alert(PREDICTED, **web, mountpoint="/"),
        alert("VmMemoryExhausted", instance="host-a", domain="db"),
        alert("VmMigrationFailed", instance="host-a"),
    )
    expected = {
        "VmMaintenance host-a web": "active",
        "VmMemoryExhausted host-a web": "suppressed",
        f"{PREDICTED} host-a web /": "suppressed",
        "VmMemoryExhausted host-a db": "active",
        "VmMigrationFailed host-a": "active",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()
    assert eventually(lambda: inbox.told("/critical") == {"VmMemoryExhausted host-a db"}), inbox.posts


def test_what_says_more_inhibits_what_says_less_and_a_cause_its_consequences(
    alertmanager: Alertmanager, eventually: Eventually
) -> None:
    web, host = {"instance": "host-a", "domain": "web"}, {"instance": "host-a"}
    alertmanager.post(
        alert("VmMemoryExhausted", **web),
        alert("VmMemoryAnomaly", **web),
        alert("VmCpuAnomaly", instance="host-c", domain="web"),
        alert(PREDICTED, **web, mountpoint="/"),
        alert(f"{PREDICTED}Later", **web, mountpoint="/"),
        alert(f"{PREDICTED}Later", **web, mountpoint="/data"),
        alert("HostCpuSaturated", **host),
        alert("VmCpuStolen", **web),
        alert("VmCpuStolen", instance="host-b", domain="db"),
        alert("VmCrashed", **web),
        alert("VmAvailabilityBurnFast", **web),
        alert("VmAvailabilityBurnSlow", **web),
        alert("VmAvailabilityBurnSlow", instance="host-a", domain="db"),
        alert("VirtcastBackendDown", instance="here"),
        alert("VirtcastBackendUnstable", instance="here"),
        alert("VirtcastBackendUnstable", instance="there"),
    )
    expected = {
        "VmAvailabilityBurnFast host-a web": "active",
        "VmAvailabilityBurnSlow host-a web": "suppressed",
        "VmAvailabilityBurnSlow host-a db": "active",
        "VirtcastBackendDown here": "active",
        "VirtcastBackendUnstable here": "suppressed",
        "VirtcastBackendUnstable there": "active",
        "VmMemoryExhausted host-a web": "active",
        "VmMemoryAnomaly host-a web": "suppressed",
        "VmCpuAnomaly host-c web": "active",
        f"{PREDICTED} host-a web /": "active",
        f"{PREDICTED}Later host-a web /": "suppressed",
        f"{PREDICTED}Later host-a web /data": "active",
        "HostCpuSaturated host-a": "active",
        "VmCpuStolen host-a web": "suppressed",
        "VmCpuStolen host-b db": "active",
        "VmCrashed host-a web": "active",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()
