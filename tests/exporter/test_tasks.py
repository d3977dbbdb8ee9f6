"""Threads: what the control groups allow, and what is said if targets may need more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exporter import cli, tasks
from exporter.config import Config, Target
from exporter.flags import parser
from exporter.probe import Probes
from exporter.source.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

UNIT = "system.slice/virtcast-exporter.service"


@pytest.mark.parametrize(
    ("cgroup", "limits", "most"),
    [
        (f"0::/{UNIT}\n", {UNIT: "512"}, 512),
        (f"0::/{UNIT}\n", {UNIT: "4096", "system.slice": "1000", "": "2000"}, 1000),
        (f"0::/{UNIT}\n", {UNIT: "max", "system.slice": "700"}, 700),
        (f"0::/{UNIT}\n", {UNIT: "max"}, None),
        ("0::/\n", {"": "300"}, 300),  # a container, which sees its own group as the top
        (f"5:cpu,cpuacct:/\n4:pids:/{UNIT}\n0::/\n", {f"pids/{UNIT}": "600"}, 600),
        ("12:devices:/\n", {"": "300"}, None),
        ("", {}, None),
    ],
)
def test_the_tightest_limit_of_the_groups_counts(
    tmp_path: Path, cgroup: str, limits: dict[str, str], most: int | None
) -> None:
    (tmp_path / "cgroup").write_text(cgroup)
    for folder, limit in limits.items():
        (tmp_path / "fs" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "fs" / folder / "pids.max").write_text(f"{limit}\n")
    assert tasks.allowed(tmp_path / "cgroup", tmp_path / "fs") == most


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert tasks.allowed(tmp_path / "cgroup", tmp_path / "fs") is None


@pytest.mark.parametrize(("hosts", "most"), [(11, 512), (100, 4096), (100, None), (0, 100)])
def test_what_fits_is_not_told(hosts: int, most: int | None) -> None:
    assert tasks.missing(hosts, most) == ""


def test_what_may_not_fit_is_told_in_a_line() -> None:
    told = "99 libvirt hosts that do not answer need 3565, and 512 are allowed"
    assert tasks.missing(99, 512) == told


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "allowed", lambda: 100)


@pytest.mark.usefixtures("few")
def test_check_tells_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "check", lambda *_: 0)
    assert cli.checked(parser("1").parse_args([])) == 0
    assert capsys.readouterr().out == (
        "none   threads: 1 libvirt hosts that do not answer need 135, and 100 are allowed. To mend: raise "
        "TasksMax= of systemd (pids.max of the control group), or use several exporters\n"
    )


@pytest.mark.usefixtures("few")
def test_the_log_tells_it_at_the_start_and_when_targets_are_added(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    file = tmp_path / "exporter.yml"
    file.write_text('targets: {a: {uri: "test:///default"}}\nonly_targets: true\n')
    monkeypatch.setattr(cli, "serve", lambda *_, **__: None)
    cli.run(parser("1").parse_args([f"--config.file={file}"]))
    more = Config({alias: Target("test:///default") for alias in "ab"}, only_targets=True)
    cli.take(more, more, Probes({}, Settings(), (), 1.0), (), 0)
    told = [one.__dict__["reason"] for one in caplog.records if "threads" in one.message]
    assert [text.split(" need")[0] for text in told] == [
        "1 libvirt hosts that do not answer",
        "2 libvirt hosts that do not answer",
    ]
