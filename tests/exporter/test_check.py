"""--check: what is found, what is missing, and what mends it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from exporter.check import READ_WRITE, findings
from exporter.collectors.registry import COLLECTORS
from exporter.metric import families
from exporter.scrape import STALE, SUCCESS, UP
from exporter.source.settings import Settings

BY_NAME = {one.name: one for one in COLLECTORS}
CPU, GUEST = BY_NAME["vcpu"], BY_NAME["guest-login"]


def lines(*, up: bool = True, ok: bool = True, read_write: bool = False) -> list[str]:
    page = families(
        [
            UP.sample(up),
            STALE.sample(0, "web"),
            STALE.sample(1, "stuck"),
            CPU.metrics[0].sample(1, *("x" for _ in CPU.metrics[0].labels)),
            SUCCESS.sample(ok, CPU.name),
            SUCCESS.sample(1, GUEST.name),
        ]
    )
    wanted = Settings(read_write=read_write)
    return [str(each) for each in findings(page, (CPU, GUEST), wanted)]


def test_each_collector_has_a_line() -> None:
    assert lines() == [
        "ok     libvirt: 2 domains",
        "none   domains: without all figures: stuck. To mend: see the log of libvirt",
        "ok     collector vcpu: 1 samples",
        f"none   collector guest-login: no samples. To mend: {READ_WRITE}",
    ]


def test_guests_without_agents_are_no_fault() -> None:
    assert lines(read_write=True)[-1] == "none   collector guest-login: no samples"


def test_a_collector_that_failed_is_told() -> None:
    assert lines(ok=False)[2] == "failed collector vcpu: the log says why"


def test_without_libvirt_nothing_else_is_told() -> None:
    (line,) = lines(up=False)
    assert line.startswith("failed libvirt: no answer. To mend: is libvirtd")


@pytest.mark.parametrize(
    ("uri", "status", "line"),
    [
        ("test:///default", 0, "ok     libvirt: 1 domains"),
        ("qemu+unix:///system?socket=/nowhere", 1, "failed libvirt: no answer. To mend"),
    ],
)
def test_the_exit_status_tells_whether_libvirt_was_read(uri: str, status: int, line: str) -> None:
    command = [sys.executable, "-m", "exporter.cli", "--check", f"--libvirt.uri={uri}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == status, done.stderr
    assert done.stdout.startswith(line)
