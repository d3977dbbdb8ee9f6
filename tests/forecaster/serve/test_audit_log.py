"""The audit log: what was taken is there, whatever happens to the program or the disk."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from forecaster.serve.audit_log import NAME, AuditLog

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from forecaster.serve.audit_log import AuditLog
log, number = AuditLog(Path(sys.argv[1]), file_bytes=4000, files=1000), 0
while True:
    log.append(b"%d %d\\n" % (number, part) for part in range(7))
    print(number, flush=True)
    number += 1
"""


def lines(folder: Path, **sizes: int) -> list[bytes]:
    log = AuditLog(folder, **sizes)
    found = list(log.lines())
    log.close()
    return found


def test_lines_are_appended_across_starts(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        log = AuditLog(tmp_path)
        log.append([text, text])
        log.append([])
        log.close()
    assert lines(tmp_path) == [b"one\n", b"one\n", b"two\n", b"two\n"]
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_full_file_gets_a_number_and_the_oldest_goes(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, file_bytes=20, files=3)
    for number in range(10):
        log.append([b"%09d\n" % number])
    assert list(log.lines()) == [b"%09d\n" % number for number in range(4, 10)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, f"{NAME}.1", f"{NAME}.2"]
    assert log.size == 60


def test_a_batch_stays_in_one_file_even_if_it_is_large(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, file_bytes=20, files=3)
    log.append([b"x" * 99 + b"\n"])
    log.append([b"y\n"])
    assert [len(line) for line in log.lines()] == [100, 2]


def test_what_a_crash_cut_off_is_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b'{"kind":"alert"}\n{"kind":"al')
    log = AuditLog(tmp_path)
    log.append([b"next\n"])
    assert list(log.lines()) == [b'{"kind":"alert"}\n', b'{"kind":"al\n', b"next\n"]


def test_of_a_batch_that_does_not_fit_on_the_disk_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, write = AuditLog(tmp_path), os.write
    log.append([b"before\n"])

    def full(file: int, data: memoryview) -> int:
        if len(data) < 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:4])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        log.append([b"lost\n", b"lost\n"])
    monkeypatch.undo()
    log.append([b"after\n"])
    assert list(log.lines()) == [b"before\n", b"after\n"]


def test_a_rotation_that_fails_is_tried_again(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, file_bytes=10, files=2)
    log.append([b"123456789\n"])
    (tmp_path / f"{NAME}.1").mkdir()
    with pytest.raises(OSError, match="directory"):
        log.append([b"next\n"])
    (tmp_path / f"{NAME}.1").rmdir()
    log.append([b"next\n"])
    assert list(log.lines()) == [b"123456789\n", b"next\n"]


def test_a_link_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / NAME).symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic"):
        AuditLog(tmp_path)


def test_each_batch_that_was_taken_survives_a_kill(tmp_path: Path) -> None:
    for _ in range(3):
        for path in tmp_path.iterdir():
            path.unlink()
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            taken = [writer.stdout.readline() for _ in range(150)]
            writer.send_signal(signal.SIGKILL)
            taken += writer.stdout.readlines()
        last = int(taken[-1])
        wanted = [b"%d %d\n" % (number, part) for number in range(last + 1) for part in range(7)]
        assert lines(tmp_path, files=1000)[: len(wanted)] == wanted
