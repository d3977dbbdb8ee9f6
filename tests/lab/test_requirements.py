"""What the lab needs is asked for by name, and its absence is loud."""

from __future__ import annotations

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

    def runs_code() -> bool:
        tried.append(True)
        return True

    monkeypatch.setattr("os.access", lambda *_: True)
    monkeypatch.setattr(requirements, "_kvm_runs_code", runs_code)
    assert requirements.kvm_works(tmp_path)
    assert requirements.kvm_works(tmp_path)
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("status", "works"), [(requirements.BOOT_SECTOR_STATUS, True), (0, False), (1, False)]
)
def test_kvm_works_only_if_code_ran(status: int, works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess[bytes]([], status)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: done)
    assert requirements._kvm_runs_code() is works


def test_the_boot_sector_runs_where_code_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the emulator, which runs everywhere: the sector's exit status is the one we look for."""
    if not shutil.which("qemu-system-x86_64", path=requirements.ENVIRONMENT["PATH"]):
        pytest.skip("no qemu-system-x86_64")
    run = subprocess.run

    def emulated(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        replaced = {"kvm": "tcg", "host": "qemu64"}
        return run([replaced.get(word, word) for word in command], **{**options, "timeout": 60})  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr("subprocess.run", emulated)
    assert requirements._kvm_runs_code()


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
