"""The command that lists thin pools, by programs that stand in for it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from exporter.snapshot.thin_pool import COLUMNS, ThinPool
from exporter.source.readings import thin_pool

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of `lvs` on the search path, where it is alone."""
    monkeypatch.setattr(thin_pool, "_PATH", str(tmp_path))
    monkeypatch.setitem(thin_pool._ENVIRONMENT, "PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "lvs"


def write(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_it_is_asked_for_what_is_read(program: Path) -> None:
    columns = dict.fromkeys(COLUMNS, "") | {"vg_name": "vg0", "lv_name": "fast", "segtype": "thin-pool"}
    row = ",".join(f'"{name}":"{value}"' for name, value in columns.items())
    write(program, f'echo "$@" >{program}.asked; echo \'{{"report":[{{"lv":[{{{row}}}]}}]}}\'')
    assert thin_pool.lvs() == (ThinPool("vg0", "fast"),)
    asked = program.with_name("lvs.asked").read_text()
    assert all(name in asked for name in COLUMNS)


def test_a_machine_without_lvm_has_no_pools(program: Path) -> None:
    assert not program.exists()
    assert thin_pool.lvs() == ()


def test_a_refusal_has_its_reason(program: Path) -> None:
    write(program, "echo '  WARNING: Running as a non-root user.' >&2; echo '  no access' >&2; exit 5")
    with pytest.raises(thin_pool.LvsError, match=r"^no access$"):
        thin_pool.lvs()


def test_a_command_that_hangs_is_ended(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(program, "exec sleep 1000")
    monkeypatch.setattr(thin_pool, "TIMEOUT", 0.1)
    with pytest.raises(subprocess.TimeoutExpired):
        thin_pool.lvs()
