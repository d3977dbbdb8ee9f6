"""A folder of past reports: each is put there whole, and taken away when it is old."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"virtcast-(\d{8}T\d{4}Z)(?:-[\w.-]+)?\.(?:txt|html|pdf|csv|json)")
_TIME = "%Y%m%dT%H%MZ"
MOST = 100  # characters of an owner in a name: file systems take 255 bytes in all


def name(until: int, owner: str, form: str) -> str:
    """The file of a report on the time until then; each owner has its own.

    >>> name(1_800_000_000, "team-a", "pdf")
    'virtcast-20270115T0800Z-team-a.pdf'
    >>> name(1_800_000_000, "team a", "pdf")
    'virtcast-20270115T0800Z-team_a-4a972146.pdf'
    """
    of = f"-{_plain(owner)}" if owner else ""
    return f"virtcast-{datetime.fromtimestamp(until, UTC):{_TIME}}{of}.{form}"


def _plain(owner: str) -> str:
    """The owner in characters that every file system takes, told apart by a hash where these are not all."""
    plain = re.sub(r"[^\w.-]", "_", owner, flags=re.ASCII)
    if plain == owner and len(owner) <= MOST:
        return owner
    mark = blake2b(owner.encode(errors="backslashreplace"), digest_size=4).hexdigest()
    return f"{plain[: MOST - len(mark) - 1]}-{mark}"


def put(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def expire(folder: Path, before: float) -> list[str]:
    """Take away the reports whose period ended before a Unix time; their names. Other files stay."""
    found = []
    for path in sorted(folder.iterdir()):
        until = _until(path.name)
        if until is not None and until < before:
            path.unlink()
            found.append(path.name)
    return found


def _until(file: str) -> float | None:
    """The end of the period of the report in a file; None: there is none in it."""
    match = _NAME.fullmatch(file)
    try:
        return datetime.strptime(match[1], _TIME).replace(tzinfo=UTC).timestamp() if match else None
    except ValueError:  # as the 31st of February
        return None
