"""A file of state: whole or not at all, and refused when it is not what was written."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import pytest

from forecaster.serve.state_file import HEAD_BYTES, UnusableError, check, write

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "vm_cpu.state"
    assert write(where, "mark", lambda file: put(file, BODY)) == HEAD_BYTES + len(BODY)
    return where


def put(file: IO[bytes], body: bytes) -> None:
    file.write(body)


def read(path: Path, mark: str = "mark") -> bytes:
    with path.open("rb") as file:
        check(file, mark)
        return file.read()


def test_what_was_written_is_read(path: Path) -> None:
    assert read(path) == BODY
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("at", "byte", "why"),
    [(HEAD_BYTES, 7, "its hash is wrong"), (-1, 7, "its hash is wrong"), (0, 7, "it is no file")],
)
def test_a_changed_byte_is_noticed(path: Path, at: int, byte: int, why: str) -> None:
    found = bytearray(path.read_bytes())
    found[at] = byte
    path.write_bytes(found)
    with pytest.raises(UnusableError, match=why):
        read(path)


@pytest.mark.parametrize("kept", [0, 10, HEAD_BYTES, HEAD_BYTES + 100])
def test_a_file_that_is_cut_off_is_noticed(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UnusableError, match="it is no file" if kept < HEAD_BYTES else "bytes instead of"):
        read(path)


def test_a_file_of_another_configuration_or_format_is_foreign(path: Path) -> None:
    with pytest.raises(UnusableError, match="another configuration"):
        read(path, "other")
    path.write_bytes(path.read_bytes().replace(b'"virtcast_state": 2', b'"virtcast_state": 9', 1))
    with pytest.raises(UnusableError, match="format 9"):
        read(path)


def test_a_write_that_fails_leaves_the_old_file(path: Path) -> None:
    def full(file: IO[bytes]) -> None:
        file.write(BODY[:100])
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        write(path, "mark", full)
    assert read(path) == BODY
    write(path, "mark", lambda file: put(file, b"again"))  # over what the failure left
    assert read(path) == b"again"
    assert [each.name for each in path.parent.iterdir()] == [path.name]
