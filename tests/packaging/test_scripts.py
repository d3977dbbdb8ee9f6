"""The shell scripts: what cleans up does so to its end."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENDING = re.compile(r"^trap '([^']+)' EXIT$", re.MULTILINE)


@pytest.mark.parametrize("program", ["exporter", "forecaster"])
def test_a_purge_leaves_no_secret_and_nothing_of_the_other_program(program: str, tmp_path: Path) -> None:
    script = (ROOT / f"deploy/packaging/debian/virtcast-{program}.postrm").read_text()
    (tmp_path / "postrm").write_text(re.sub("/(etc|var)/", rf"{tmp_path}/\1/", script))
    for each in ("exporter", "forecaster"):
        (tmp_path / f"etc/virtcast/{each}.secrets").mkdir(parents=True)
        (tmp_path / f"etc/virtcast/{each}.secrets/token").write_text("secret")
    keys = tmp_path / "etc/virtcast/pki"
    keys.mkdir()
    (keys / "clientkey.pem").write_text("secret")
    run = ("sh", str(tmp_path / "postrm"))
    subprocess.run([*run, "remove"], check=True)
    assert len(list(tmp_path.glob("etc/virtcast/*.secrets/token"))) == 2
    assert list(keys.iterdir())
    subprocess.run([*run, "purge"], check=True)
    assert keys.exists() is (program == "forecaster"), "the exporter's keys to other hosts"
    shutil.rmtree(keys, ignore_errors=True)
    (left,) = tmp_path.glob("etc/virtcast/*.secrets/token")
    assert left.parent.name != f"{program}.secrets"
    left.unlink()
    left.parent.rmdir()
    subprocess.run([*run, "purge"], check=True)
    assert not (tmp_path / "etc/virtcast").exists()
    subprocess.run([*run, "purge"], check=True)


def erased() -> str:
    """What rpm runs after it has erased or replaced the exporter, without macros of systemd."""
    spec = (ROOT / "deploy/packaging/virtcast.spec").read_text()
    script = spec.partition("\n%postun exporter\n")[2].partition("\n%post ")[0]
    return re.sub("^%.*", "", script, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("groups", "action", "taken"),
    [
        ("virtcast-exporter libvirt", "purge", True),
        ("virtcast-exporter libvirt", "remove", False),
        ("virtcast-exporter libvirt-qemu", "purge", False),
        ("virtcast-exporter libvirt", "0", True),
        ("virtcast-exporter libvirt", "1", False),  # an upgrade
        ("virtcast-exporter libvirt-qemu", "0", False),
    ],
)
def test_a_purge_takes_the_hypervisor_from_the_exporter_s_user(
    groups: str, action: str, *, taken: bool, tmp_path: Path
) -> None:
    """Of the Debian package, and the end of the RPM package: rpm says how many are left."""
    postrm = (ROOT / "deploy/packaging/debian/virtcast-exporter.postrm").read_text()
    script = erased() if action.isdigit() else postrm.replace("/etc/", f"{tmp_path}/etc/")
    (tmp_path / "script").write_text(script)
    for name, does in (("id", f"echo {groups}"), ("gpasswd", f'echo "$*" >{tmp_path}/called')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["sh", str(tmp_path / "script"), action], check=True, env=path)
    called = tmp_path / "called"
    assert called.exists() is taken
    assert not taken or called.read_text() == "--delete virtcast-exporter libvirt\n"


def test_a_command_that_fails_at_the_end_keeps_no_other_from_it() -> None:
    """With `set -e` bash leaves what a trap still has to do, and the script fails."""
    steps = {
        (path.name, step)
        for path in sorted((ROOT / "deploy").rglob("*.sh"))
        for ending in ENDING.findall(path.read_text())
        for step in ending.split("; ")[:-1]
    }
    assert steps
    assert {step for step in steps if not step[1].endswith("|| true")} == set()


def test_a_purge_keeps_what_a_link_for_the_keys_leads_to(tmp_path: Path) -> None:
    """Keys that other clients of libvirt use, too."""
    script = (ROOT / "deploy/packaging/debian/virtcast-exporter.postrm").read_text()
    (tmp_path / "postrm").write_text(script.replace("/etc/", f"{tmp_path}/etc/"))
    others = tmp_path / "etc/pki/libvirt"
    others.mkdir(parents=True)
    (others / "clientkey.pem").write_text("secret")
    (tmp_path / "etc/virtcast").mkdir()
    (tmp_path / "etc/virtcast/pki").symlink_to(others)
    subprocess.run(["sh", str(tmp_path / "postrm"), "purge"], check=True)
    assert (others / "clientkey.pem").exists()
    assert not (tmp_path / "etc/virtcast").exists()
