"""The audit log of alerts below `--state.dir`: lines of JSON that are only ever appended.

A batch is on the disk when `append` returns. What a crash cut off stays as a line that is no JSON, and
readers skip it: whoever sent the batch got no answer, and sends it again. A full file gets the next number,
and the oldest one goes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = "alerts.jsonl"
FILE_BYTES = 16 << 20
FILES = 8  # with the present one: 128 MiB, some 100,000 alerts told


class AuditLog:
    """The log in `folder`, which must be locked by whoever makes it. Not for use by several threads at once.

    Raises OSError at once where it cannot be written.
    """

    def __init__(self, folder: Path, file_bytes: int = FILE_BYTES, files: int = FILES) -> None:
        self._path, self._file_bytes, self._files = folder / NAME, file_bytes, files
        self._file, self._size, self._earlier = -1, 0, 0  # the bytes of the present file, and of the others
        self._open()
        if self._size and not self._ends_whole():
            self._write(b"\n")

    @property
    def size(self) -> int:
        """Of all files, in bytes; as of the last batch."""
        return self._earlier + self._size

    def append(self, lines: Iterable[bytes]) -> None:
        """Add a batch, lines with their ends. Raises OSError; then nothing of it stays.

        A file that somebody deleted or moved away takes nothing any more: another one begins.
        """
        batch = b"".join(lines)
        if not batch:
            return
        if not self._is_in_place():
            self.close()
            self._open()
        if self._size and self._size + len(batch) > self._file_bytes:
            self._rotate()
        self._write(batch)

    def lines(self) -> Iterator[bytes]:
        """All lines that are whole, the oldest first."""
        for path in self._paths():
            with path.open("rb") as file:
                yield from file

    def close(self) -> None:
        """Close the file, if it is open."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def _is_in_place(self) -> bool:
        """Whether the file that is open is the one of this name."""
        try:
            return self._file >= 0 and os.path.samestat(os.fstat(self._file), self._path.lstat())
        except FileNotFoundError:
            return False

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._earlier = sum(path.stat().st_size for path in self._paths() if path != self._path)
        flags = os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size
        self._sync_folder()

    def _ends_whole(self) -> bool:
        return os.pread(self._file, 1, self._size - 1) == b"\n"

    def _write(self, batch: bytes) -> None:
        """The batch, on the disk. Of one that fails, nothing."""
        try:
            left = memoryview(batch)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(batch)

    def _rotate(self) -> None:
        """Give each file the next number; the oldest one is replaced."""
        self.close()
        for number in range(self._files - 1, 0, -1):
            path = self._numbered(number - 1)
            if path.exists():
                path.replace(self._numbered(number))
        self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{NAME}.{number}") if number else self._path

    def _paths(self) -> list[Path]:
        """The files that exist, the oldest first."""
        return [
            path for number in range(self._files - 1, -1, -1) if (path := self._numbered(number)).exists()
        ]

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
