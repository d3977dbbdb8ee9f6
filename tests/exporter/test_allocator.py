"""Memory that is freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

FREED = """
import psutil
from exporter.allocator import return_blocks
if {set}:
    assert return_blocks(64 * 1024)
largest = bytes([1]) * 2_000_000
del largest  # by default, blocks of less than this size lie in the heap from now on
gaps = [bytes([1]) * 50_000 for _ in range(200)]  # fills what imports left free in the heap
blocks = [(bytes([1]) * 1_000_000, bytes([1]) * 50_000) for _ in range(60)]
small = [after for _, after in blocks]
process = psutil.Process()
before = process.memory_info().rss
blocks.clear()
print(before - process.memory_info().rss)
"""


@pytest.mark.parametrize("is_set", [True, False])
def test_blocks_are_returned_though_others_stay_between_them(is_set: bool) -> None:
    command = [sys.executable, "-c", FREED.format(set=is_set)]
    freed = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (freed > 30_000_000) is is_set
