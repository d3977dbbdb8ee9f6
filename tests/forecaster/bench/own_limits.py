"""Exhaustion of disk and network series, whose limits are their own: nine tenths of July's peak of each VM.

The shared bench scores shares of a capacity. Rates have none that is recorded, so that a VM's highest quarter
of an hour of July, the month before the one that is judged, stands for it.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from shared_bench import parser

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAG = "odd_jul_aug"
JULY = 31 * 288  # steps
QUARTER = 3  # steps of which the scorer takes the mean
LEAST_KNOWN = 0.5  # share of July


def shares(rates: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Percent of July's peak (k, steps) of the VMs that had one, and which these are (n,)."""
    july = rates[:, :JULY].astype(np.float64)
    quarters = sum(july[:, first : first + JULY - QUARTER + 1] for first in range(QUARTER)) / QUARTER
    peak = np.fmax.reduce(quarters, axis=1)
    had = (np.isfinite(july).mean(axis=1) >= LEAST_KNOWN) & (peak > 0)
    return 100.0 * rates[had] / peak[had, None], had


def main() -> None:
    """Write the shares as the scorer reads them, and have it score them."""
    asked = parser(__doc__)
    asked.add_argument("rate", help="e.g. disk_write_kb_s, network_rx_kb_s")
    asked.add_argument("--engine", required=True)
    flags = asked.parse_args()
    given = np.load(flags.data / "bitbrains" / f"io_{TAG}.npz")
    percent, had = shares(given[flags.rate])
    with tempfile.TemporaryDirectory() as folder:
        written = {"cpu_percent": percent, "timestamps": given["timestamps"], "ids": given["ids"][had]}
        np.savez(Path(folder) / f"cpu_{TAG}.npz", **written)
        scorer = flags.data / "score_exhaustion.py"
        sys.argv = [str(scorer), "--engine", flags.engine, "--data", folder, "--json", str(flags.json)]
        runpy.run_path(str(scorer), run_name="__main__")


if __name__ == "__main__":
    main()
