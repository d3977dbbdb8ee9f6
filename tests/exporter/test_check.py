"""--check: what is found, what is missing, and what mends it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from exporter import check as check_module
from exporter import cli
from exporter.check import ADD_CHANNELS, LOOK, READ_WRITE, RUNNING, SEE_AGENTS, START_AGENTS, Read, findings
from exporter.collectors.registry import COLLECTORS
from exporter.flags import parser
from exporter.metric import families
from exporter.scrape import STALE, SUCCESS, UP
from exporter.snapshot.connection import Connection
from exporter.snapshot.description import Description
from exporter.snapshot.domain import Domain
from exporter.snapshot.guest import Agent
from exporter.snapshot.snapshot import Snapshot
from exporter.source.connection import refused
from exporter.source.outage import Outage, Reason
from exporter.source.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

# What says only how pages are served, and what `main` reads for both.
NOT_CHECKED = {
    "web_listen_address",
    "web_telemetry_path",
    "web_access_log",
    "web_enable_lifecycle",
    "web_systemd_socket",
    "log_level",
    "log_format",
    "check",
    "check_config",
}
BY_NAME = {one.name: one for one in COLLECTORS}
CPU, GUEST = BY_NAME["vcpu"], BY_NAME["guest-login"]


def lines(
    domains: tuple[Domain, ...] = (),
    *,
    up: bool = True,
    ok: bool = True,
    read_write: bool = False,
    unreachable: Reason | None = None,
    refusal: Reason | None = None,
) -> list[str]:
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
    read = Read(page, domains, unreachable, refusal)
    return [str(each) for each in findings(read, (CPU, GUEST), wanted)]


def running(name: str, agent: Agent | None = None, *, channel: bool = True, state: int = RUNNING) -> Domain:
    about = Description(has_agent=channel)
    return Domain(name, name, active=True, state=state, description=about, agent=agent)


def reason_of(error: Exception) -> Reason | None:
    outage = Outage()
    outage.down(error)
    return outage.reason


def test_each_collector_has_a_line() -> None:
    assert lines() == [
        "ok     libvirt: 2 domains",
        "none   domains: without all figures: stuck. To mend: see the log of libvirt",
        "ok     collector vcpu: 1 samples",
        f"none   collector guest-login: no samples. To mend: {READ_WRITE}",
    ]


def test_with_read_write_the_line_of_agents_says_what_is_missing() -> None:
    domains = (running("web", channel=False),)
    *_, agents, _cpu, guest = lines(domains, read_write=True)
    assert agents.startswith("none   agents: 0 of 1 running VMs answer")
    assert guest == f"none   collector guest-login: no samples. To mend: {SEE_AGENTS}"


FIVE = "v0, v1, v2, v3, v4"
NO_CHANNEL = f"without a channel: x. To mend: {START_AGENTS}; {ADD_CHANNELS}"
SILENT, UP_AGENT, PAUSED = Agent(up=False), Agent(up=True), RUNNING + 2


@pytest.mark.parametrize(
    ("domains", "line"),
    [
        ((running("a", UP_AGENT), running("b", UP_AGENT)), "ok     agents: 2 of 2 running VMs answer"),
        (
            (running("a", UP_AGENT), running("b", SILENT), running("d", state=PAUSED)),
            f"none   agents: 1 of 2 running VMs answer; silent: b. To mend: {START_AGENTS}",
        ),
        ((running("a"),), "none   agents: 0 of 1 running VMs answer; not asked in time: a"),
        (
            (*(running(f"v{n}", SILENT) for n in range(7)), running("x", channel=False)),
            f"none   agents: 0 of 8 running VMs answer; silent: {FIVE} and 2 more; {NO_CHANNEL}",
        ),
    ],
)
def test_agents_that_are_silent_are_named(domains: tuple[Domain, ...], line: str) -> None:
    assert lines(domains, read_write=True)[2] == line


class Slow:
    """A host whose agent has not failed to answer until the third look."""

    def __init__(self, refusal: Reason | None = None) -> None:
        self.refusal = refusal
        self.looks = 0

    def collect(self, _until: float) -> Snapshot:
        self.looks += 1
        domain = running("a", SILENT if self.looks > 2 else None)
        return Snapshot(Connection("test:///default", up=True), (domain,))


@pytest.mark.parametrize(("refusal", "looks"), [(None, 3), (Reason("no polkit agent"), 1)])
def test_agents_have_time_to_answer_unless_nobody_may_ask(
    monkeypatch: pytest.MonkeyPatch, refusal: Reason | None, looks: int
) -> None:
    host = Slow(refusal)
    monkeypatch.setattr("exporter.check.time.sleep", lambda _seconds: None)
    check_module._asked(host, 1.0)  # type: ignore[arg-type]  # as far as it is used
    assert host.looks == looks


def test_without_a_vm_that_runs_no_agent_is_missed() -> None:
    assert "none   agents: no VM runs" in lines(read_write=True)


def test_agents_are_of_no_interest_without_a_collector_that_reads_them() -> None:
    read = Read(families([UP.sample(1)]), (running("a", SILENT),))
    assert not any(each.subject == "agents" for each in findings(read, (CPU,), Settings(read_write=True)))


def test_a_read_write_socket_that_is_refused_is_told_with_what_mends_it() -> None:
    error = refused("qemu:///system", OSError("authentication unavailable: no polkit agent"), read_write=True)
    line = lines((running("a", UP_AGENT),), read_write=True, refusal=reason_of(error))[2]
    assert line.startswith(
        "failed agents: cannot open libvirt at qemu:///system: authentication unavailable: no polkit agent. "
        "To mend: "
    )
    assert "usermod -aG libvirt virtcast-exporter" in line


def test_a_group_of_this_host_opens_no_socket_of_another() -> None:
    error = refused("qemu+ssh://kvm2/system", OSError("Permission denied (publickey)"), read_write=True)
    assert "usermod" not in error.mends


def test_a_collector_that_failed_is_told() -> None:
    assert lines(ok=False)[2] == "failed collector vcpu: the log says why"


def test_without_libvirt_nothing_else_is_told() -> None:
    assert lines(up=False) == [f"failed libvirt: no answer. To mend: {LOOK}"]


def test_why_libvirt_does_not_answer_is_told_with_what_mends_it() -> None:
    error = refused("qemu:///system", OSError("/run/x: Connection refused"))
    (line,) = lines(up=False, unreachable=reason_of(error))
    what, _, mends = line.partition(". To mend: ")
    assert what == "failed libvirt: cannot open libvirt at qemu:///system: /run/x: Connection refused"
    assert mends == "the socket exists but no daemon listens on it: start libvirtd (or virtqemud)"


def test_a_libvirt_that_cannot_be_read_at_all_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(wanted: Settings, *_: object) -> Read:
        if "odd" in wanted.uri:
            raise ValueError(f"no\nidea of {wanted.uri}")
        return Read(families([UP.sample(1)]))

    monkeypatch.setattr(check_module, "_read", read)
    hosts = {"bad": Settings("qemu+tls://user:secret@odd/system"), "good": Settings("test:///default")}
    assert check_module.check(hosts, (), 1.0, 0) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("failed target bad: libvirt: ValueError: no idea of qemu+tls://odd/system")
    assert said[1] == "ok     target good: libvirt: 0 domains"


class Noted(argparse.Namespace):
    """Flags, and which of them were read."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            super().__getattribute__("_read").add(name)
        return super().__getattribute__(name)


def test_every_flag_that_says_what_is_read_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = Noted()
    flags._read = set()
    parser("1").parse_args([], flags)
    every = set(vars(flags)) - {"_read"}
    flags._read = set()
    monkeypatch.setattr(cli, "check", lambda *_: 0)
    assert cli.checked(flags) == 0
    assert every - flags._read == NOT_CHECKED


def ended(*flags: str) -> subprocess.CompletedProcess[str]:
    """What --check says, and how it ends."""
    command = [sys.executable, "-m", "exporter.cli", "--check", *flags]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    ("uri", "status", "line"),
    [
        ("test:///default", 0, "ok     libvirt: 1 domains"),
        (
            "qemu+unix:///system?socket=/nowhere",
            1,
            "failed libvirt: cannot open libvirt at qemu+unix:///system",
        ),
    ],
)
def test_the_exit_status_tells_whether_libvirt_was_read(uri: str, status: int, line: str) -> None:
    done = ended(f"--libvirt.uri={uri}")
    assert done.returncode == status, done.stderr
    assert done.stdout.startswith(line)


@pytest.mark.parametrize("flag", ["--config.file", "--web.config.file"])
def test_a_file_that_the_exporter_would_not_start_with_is_told(tmp_path: Path, flag: str) -> None:
    file = tmp_path / "file.yml"
    file.write_text("unheard_of: 1\n")
    done = ended("--libvirt.uri=test:///default", f"{flag}={file}")
    assert done.returncode == 1
    assert done.stdout == ""
    assert f'{file}:1: unknown key "unheard_of"' in done.stderr


def test_files_are_checked_without_a_libvirt(tmp_path: Path) -> None:
    file, web = tmp_path / "exporter.yml", tmp_path / "web.yml"
    file.write_text('targets: {kvm1: {uri: "qemu+tls://kvm1.example/system"}}\n')
    web.write_text("rate_limit: {interval: 1s, burst: 1}\n")
    flags = ("--check-config", "--libvirt.uri=qemu+unix:///system?socket=/nowhere", f"--config.file={file}")
    done = ended(*flags, f"--web.config.file={web}")
    assert done.stdout.splitlines() == [
        "ok     configuration: targets of /probe: 1",
        f"ok     web configuration: {web}",
    ]
    assert done.returncode == 0
    for wrong, given in ((file, (f"--config.file={file}",)), (web, (f"--web.config.file={web}",))):
        wrong.write_text("unheard_of: 1\n")
        done = ended("--check-config", *given)
        assert done.returncode == 1
        assert f'{wrong}:1: unknown key "unheard_of"' in done.stderr


def test_each_target_is_read_with_the_settings_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    file.write_text(
        'targets:\n  gone: {uri: "qemu+unix:///system?socket=/nowhere"}\n  kvm1: {uri: "test:///default"}\n'
    )
    done = ended("--libvirt.uri=test:///default", f"--config.file={file}")
    assert done.returncode == 1
    found = done.stdout.splitlines()
    assert found[0] == "ok     libvirt: 1 domains"
    assert next(line for line in found if "target gone" in line).startswith(
        "failed target gone: libvirt: cannot open libvirt at qemu+unix:///system"
    )
    assert "ok     target kvm1: libvirt: 1 domains" in found
    assert [line for line in found if line.startswith("ok     target kvm1: collector ")]


def test_with_only_targets_no_other_libvirt_is_read(tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    file.write_text('targets: {kvm1: {uri: "test:///default"}}\nonly_targets: true\n')
    done = ended("--libvirt.uri=qemu+unix:///system?socket=/nowhere", f"--config.file={file}")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("ok     target kvm1: libvirt: 1 domains")


def test_guests_of_a_real_libvirt_without_a_channel_are_told() -> None:
    done = ended("--libvirt.uri=test:///default", "--libvirt.read-write")
    assert done.returncode == 0, done.stderr
    assert "none   agents: 0 of 1 running VMs answer; without a channel: test. To mend: " in done.stdout
