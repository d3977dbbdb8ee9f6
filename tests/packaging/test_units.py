"""The systemd units: how much they leave open, and that both are hardened alike."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from exporter import tasks
from exporter.config import MOST_TARGETS

UNITS = Path(__file__).parents[2] / "deploy/packaging/systemd"
# Exposure of `systemd-analyze security`, in tenths. What is left: the network, and for the exporter /proc and
# homes, where file systems of the host may be mounted.
MOST = {"virtcast-exporter": 15, "virtcast-forecaster": 12}
REPORT = "virtcast-report"


def settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", (UNITS / f"{name}.service").read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize(("name", "most"), [*MOST.items(), (REPORT, MOST["virtcast-forecaster"])])
def test_exposure(name: str, most: int) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd is not installed: `bash deploy/packages.sh test`"
    done = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={most}", str(UNITS / f"{name}.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_drop_in_for_thin_pools_gives_what_lvs_needs(tmp_path: Path) -> None:
    """Root of the host with its devices; all other protections stay."""
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd is not installed: `bash deploy/packages.sh test`"
    page = (UNITS.parents[2] / "docs/exporter.md").read_text().partition("\n## Thin pools\n")[2]
    (drop_in,) = re.findall("^```ini\n(.*?)^```$", page.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    service = tmp_path / "virtcast-exporter.service"
    # What it starts is not installed here.
    unit = (UNITS / service.name).read_text().replace("/usr/bin/virtcast-exporter", "/bin/true")
    service.write_text(f"{unit}\n{drop_in}")
    verified = subprocess.run(
        [analyze, "verify", "--man=no", str(service)], capture_output=True, text=True, check=False
    )
    assert service.name not in verified.stderr, verified.stderr
    given = dict(re.findall(r"^(\w+)=(.*)$", drop_in, re.MULTILINE))
    assert given["User"] == "root"
    unit_has = settings("virtcast-exporter")
    reset = {key for key in given if key in unit_has and key not in {"User", "CapabilityBoundingSet"}}
    assert reset == {"PrivateUsers", "PrivateDevices"}
    exposure = [analyze, "security", "--offline=true", "--threshold=40", str(service)]
    done = subprocess.run(exposure, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", MOST)
def test_a_stuck_program_is_started_again(name: str) -> None:
    unit = settings(name)
    assert unit["Type"] == ["notify"]
    assert int(unit["WatchdogSec"][0]) >= 30
    assert unit["Restart"] == ["always"]


def test_all_targets_may_hang_at_once() -> None:
    most = int(settings("virtcast-exporter")["TasksMax"][0])
    assert not tasks.missing(MOST_TARGETS + 1, most)  # and the libvirt of --libvirt.uri
    assert int(settings("virtcast-exporter")["LimitNOFILE"][0]) > most


def test_they_differ_only_where_they_must() -> None:
    exporter, forecaster = map(settings, MOST)
    same = {key for key in exporter.keys() & forecaster.keys() if exporter[key] == forecaster[key]}
    protections = {
        key for key in forecaster if re.match("Proc|Protect|Private|Restrict|SystemCall|Capability", key)
    }
    assert protections - same == {"ProtectHome", "ProtectProc", "ProcSubset", "RestrictAddressFamilies"}


def test_a_report_may_do_what_the_forecaster_may() -> None:
    """It is written, and no service: it ends, and has a folder of its own."""
    report, forecaster = settings(REPORT), settings("virtcast-forecaster")
    protections = re.compile(
        "Ambient|Capability|Device|IP|Keyring|Lock|Memory|No|Private|Proc|Protect|Remove|Restrict(?!Sec)|SystemCall"
    )
    assert {key for key in forecaster if protections.match(key)} <= report.keys()
    differing = {key for key in report.keys() & forecaster.keys() if report[key] != forecaster[key]}
    assert {key for key in differing if protections.match(key)} == set()
    assert report["Type"] == ["oneshot"]


def test_a_report_has_its_secrets_where_the_configuration_names_them() -> None:
    report, forecaster = settings(REPORT), settings("virtcast-forecaster")
    configured = (UNITS.parent / "config/forecaster.yml").read_text()
    named = "/run/credentials/virtcast-forecaster.service"
    assert f"{named}/secret_token" in configured
    assert report["LoadCredential"] == forecaster["LoadCredential"]
    assert report["BindReadOnlyPaths"] == [f"-/run/credentials/%n:{named}"]


@pytest.mark.parametrize(
    "page",
    [
        *sorted((UNITS.parent / "config").glob("*.yml")),
        *(UNITS.parents[2] / f"docs/{name}.md" for name in ("install", "operate", "backends")),
    ],
    ids=lambda page: page.name,
)
def test_whoever_is_told_of_the_copies_of_secrets_is_told_when_they_are_made(page: Path) -> None:
    """The system copies them when a service starts, and never again."""
    text = page.read_text()
    if re.search(r"/etc/virtcast/(exporter|forecaster|\*)\.secrets", text):
        assert "systemctl restart" in text


def test_the_timer_is_that_of_the_report() -> None:
    timer = (UNITS / f"{REPORT}.timer").read_text()
    assert "Unit=" not in timer
    assert "OnCalendar=" in timer
    assert "Persistent=yes" in timer
