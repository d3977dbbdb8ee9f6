"""What the lab needs is asked for by name, and its absence is loud."""

from __future__ import annotations

import math
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from lab import LabError, missing, requirements
from lab.lab import Lab

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(requirements.PROGRAMS, "virsh-of-another-world", "libvirt-clients")
    assert missing() == "packages are missing: libvirt-clients (deploy/packages.sh lab installs them)"
    with pytest.raises(LabError, match="libvirt-clients"):
        Lab()


def test_no_namespaces_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "PROGRAMS", {"bash": "bash"})
    monkeypatch.setattr(requirements, "FOLDERS", ())
    monkeypatch.setattr(
        requirements, "namespaces", lambda: ["bash", "-c", "echo unshare: not permitted >&2; exit 1"]
    )
    assert missing() == "neither root nor unprivileged user namespaces: unshare: not permitted"


def test_kvm_is_tried_once_per_boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bool] = []

    def keeps_up() -> bool:
        tried.append(True)
        return True

    monkeypatch.setattr("os.access", lambda *_: True)
    monkeypatch.setattr(requirements, "_kvm_keeps_up", keeps_up)
    assert requirements.kvm_works(tmp_path)
    assert requirements.kvm_works(tmp_path)
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("kvm", "tcg", "used"),
    [
        (0.2, 0.2, True),
        (0.1, 0.5, True),
        (4.0, 0.2, False),
        (math.inf, 0.2, False),
        (0.3, math.inf, True),
        (math.inf, math.inf, False),
    ],
)
def test_kvm_is_used_only_if_it_keeps_up(
    kvm: float, tcg: float, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a KVM that runs nothing nor one that runs many times slower than the emulator is of use."""
    seconds = {"kvm": kvm, "tcg": tcg}

    def boot_seconds(accelerator: str, _cpu: str, within: float) -> float:
        return seconds[accelerator] if seconds[accelerator] <= within else math.inf

    monkeypatch.setattr(requirements, "_boot_seconds", boot_seconds)
    assert requirements._kvm_keeps_up() is used


@pytest.mark.parametrize(("status", "ran"), [(requirements.BOOT_SECTOR_STATUS, True), (0, False), (1, False)])
def test_kvm_works_only_if_code_ran(status: int, ran: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess[bytes]([], status)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: done)
    assert math.isfinite(requirements._boot_seconds("kvm", "host", 5)) is ran


def test_the_boot_sector_runs_where_code_runs() -> None:
    """On the emulator, which runs everywhere: the sector's exit status is the one we look for."""
    if not shutil.which("qemu-system-x86_64", path=requirements.ENVIRONMENT["PATH"]):
        pytest.skip("no qemu-system-x86_64")
    assert math.isfinite(requirements._boot_seconds("tcg", "qemu64", 60))


@pytest.fixture
def suite_without_lab(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> pytest.Pytester:
    """A test that wants the lab, on a machine that lacks virsh."""
    monkeypatch.setitem(requirements.PROGRAMS, "virsh-of-another-world", "libvirt-clients")
    pytester.makeconftest((request.config.rootpath / "tests/conftest.py").read_text())
    pytester.makepyfile("def test_it(lab): pass")
    return pytester


def test_without_a_lab_tests_skip_and_say_so(
    suite_without_lab: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTCAST_REQUIRE_LAB", raising=False)
    result = suite_without_lab.runpytest_inprocess()
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*LAB TESTS DID NOT RUN*", "*packages are missing: libvirt-clients*"])


def test_a_required_lab_that_cannot_run_fails(
    suite_without_lab: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTCAST_REQUIRE_LAB", "1")
    result = suite_without_lab.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the lab is required (VIRTCAST_REQUIRE_LAB=1)*libvirt-clients*"])
