"""Tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], left: int = 1, *, last_left: bool = False) -> list[str]:
    """Rows as lines in columns, the first `left` of them flush left, the last one if `last_left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    flush = {*range(left), *([len(widths) - 1] if last_left else [])}
    return [
        "  ".join(
            cell.ljust(width) if at in flush else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
