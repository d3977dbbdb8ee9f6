"""File descriptors: raised at the start, counted before it, and never used up by connections to libvirt."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from exporter import descriptors
from exporter.descriptors import DoesNotFit, clients
from exporter.source.connection import Link, Unreachable

if TYPE_CHECKING:
    from pathlib import Path


def test_what_fits_leaves_the_rest_to_the_web_server() -> None:
    hundred = [4] * 100  # connections of a read-only target with two for statistics
    assert clients(1024, hundred, 512) == 1024 - 800 - descriptors.SPARE
    assert clients(65_536, hundred, 512) == 512


def test_what_cannot_fit_is_told_in_a_line() -> None:
    with pytest.raises(
        DoesNotFit, match=r"^100 libvirt hosts need 1896 .* 1024 are allowed: raise .*exporters$"
    ):
        clients(1024, [9] * 100, 512)


def started(file: Path, soft: int, hard: int) -> subprocess.CompletedProcess[str]:
    """The exporter with this configuration under these limits; it ends when it listens."""
    program = (
        f"import resource, signal; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "from exporter import cli\n"
        "of = resource.getrlimit\n"
        "def serve(*_, limits, **__): print(limits.connections, *of(resource.RLIMIT_NOFILE))\n"
        "cli.serve = serve\n"
        f"raise SystemExit(cli.main(['--config.file={file}']))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def configuration(folder: Path, targets: int, connections: int) -> Path:
    file = folder / "exporter.yml"
    rows = (f'  t{n}: {{uri: "test:///default", connections: {connections}}}\n' for n in range(targets))
    file.write_text(f"only_targets: true\ntargets:\n{''.join(rows)}")
    return file


def test_the_soft_limit_is_raised(tmp_path: Path) -> None:
    run = started(configuration(tmp_path, 100, 2), soft=256, hard=1024)
    assert (run.returncode, run.stdout.split()) == (0, ["192", "1024", "1024"])


def test_targets_that_cannot_fit_are_refused_at_the_start(tmp_path: Path) -> None:
    run = started(configuration(tmp_path, 100, 8), soft=256, hard=1024)
    assert run.returncode == 1
    assert run.stderr.startswith("virtcast-exporter: 100 libvirt hosts need 2096 file descriptors")
    assert len(run.stderr.splitlines()) == 1


def test_no_connection_is_opened_when_few_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """GLib would end the process."""
    monkeypatch.setattr(descriptors, "left", lambda: descriptors.SPARE - 1)
    with pytest.raises(Unreachable, match="few file descriptors are left"):
        Link("test:///default").get()


def test_what_is_left_is_counted() -> None:
    before = descriptors.left()
    with open(os.devnull, "rb"):  # noqa: PTH123 (a descriptor, whatever it is of)
        assert descriptors.left() == before - 1
    assert before < resource.getrlimit(resource.RLIMIT_NOFILE)[0]
