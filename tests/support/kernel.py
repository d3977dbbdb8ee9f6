"""What the kernel says about metrics of collectors that read this machine; see test_exporter_kernel.py."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import RunningGuest

    Values = dict[tuple[str, str], float]  # by metric and the value of its label, if it has one

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
MOVING = 2.0  # slack of gauges that move; a wrong unit is wrong by more


class Kernel(NamedTuple):
    """Values as the kernel has them; exported ones may exceed two of its answers by the factor `slack`."""

    says: Callable[[RunningGuest], Values]
    slack: float = 1 + 1e-9


def numbers(path: str) -> dict[str, list[float]]:
    """The numbers of a file in /proc, by the first word of their line."""
    lines = (line.replace(":", " ").split() for line in Path(path).read_text().splitlines())
    return {words[0]: [float(word) for word in words[1:] if re.fullmatch(r"[\d.]+", word)] for words in lines}
