"""A file of learned state: written whole or not at all, and read only if it is what was written.

A line of JSON of fixed length (format, fingerprint, length and hash of the rest), then the rest.
"""

from __future__ import annotations

import io
import json
import os
import stat
from hashlib import blake2b
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMAT = 2
HEAD_BYTES = 256
CHUNK_BYTES = 1 << 20
# What content of another form raises, whatever its hash says.
ODD = (ValueError, TypeError, LookupError, EOFError, ArithmeticError, AttributeError, RecursionError)


class UnusableError(ValueError):
    """A file that is not, or not any more, the state that is wanted; the text says why."""


class _Hashed(io.RawIOBase):
    """Writes through to a file, and keeps count and hash of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.hash, self.size, self._file = blake2b(digest_size=32), 0, file

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self.hash.update(data)
        written = self._file.write(data)
        self.size += written
        return written


def write(path: Path, fingerprint: str, body: Callable[[IO[bytes]], None]) -> int:
    """Put what `body` writes in the place of the file at `path`; its length in bytes.

    A crash leaves the old file or the new one, never a part of one. Raises OSError; the old file stands then.
    """
    new = path.with_name(f"{path.name}.new")  # always this name: what a crash leaves is replaced
    new.unlink(missing_ok=True)  # whatever it is
    with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb") as file:
        file.write(b"\0" * HEAD_BYTES)
        hashed = _Hashed(file)
        body(hashed)  # type: ignore[arg-type]
        head = {
            "virtcast_state": FORMAT,
            "fingerprint": fingerprint,
            "bytes": hashed.size,
            "blake2b": hashed.hash.hexdigest(),
        }
        file.seek(0)
        file.write(json.dumps(head).encode().ljust(HEAD_BYTES - 1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return HEAD_BYTES + hashed.size


def opened(path: Path) -> IO[bytes]:
    """The file at `path`, to read; raises OSError, and UnusableError for what is no file, such as a pipe."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise UnusableError("it is no regular file")
    return os.fdopen(number, "rb")


def check(file: IO[bytes], fingerprint: str) -> None:
    """Leave an open file at the begin of its body; raises UnusableError where it is damaged or another's."""
    head = _head(file.read(HEAD_BYTES))
    if head.get("virtcast_state") != FORMAT:
        raise UnusableError(f"it has format {head.get('virtcast_state')}, this program reads {FORMAT}")
    if head.get("fingerprint") != fingerprint:
        raise UnusableError(
            "it was learned with another configuration (query, step, horizons or backend, say)"
        )
    found, size = blake2b(digest_size=32), 0
    while chunk := file.read(CHUNK_BYTES):
        found.update(chunk)
        size += len(chunk)
    if size != head.get("bytes"):
        raise UnusableError(f"it has {size} bytes instead of {head.get('bytes')}")
    if found.hexdigest() != head.get("blake2b"):
        raise UnusableError("its hash is wrong")
    file.seek(HEAD_BYTES)


def _head(text: bytes) -> dict[str, object]:
    try:
        head = json.loads(text)
    except ValueError:
        head = None
    if not isinstance(head, dict):
        raise UnusableError("it is no file of a forecaster's state")
    return head
