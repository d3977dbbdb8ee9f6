"""What a fleet used in the period of a report, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.view.inventory import each_once
from forecaster.view.used import used as used_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.view.view import View

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Load:
    """Of all VMs together, for each hour that ends at `ends` (k,), Unix seconds: how much they used and how
    much those that were running had; NaN = nothing is known.
    """

    ends: Floats
    used: Floats
    given: Floats

    @property
    def mean(self) -> float:
        """The mean of the hours that are known; NaN without any."""
        known = self.used[np.isfinite(self.used)]
        return float(known.mean()) if len(known) else np.nan

    @property
    def peak(self) -> float:
        """The busiest hour."""
        known = self.used[np.isfinite(self.used)]
        return float(known.max()) if len(known) else np.nan

    @property
    def share(self) -> float:
        """What was used of what was given."""
        given = float(np.nansum(self.given))
        return float(np.nansum(self.used)) / given if given else np.nan


def load(view: View, part: str, hours: int, unit: float = 1.0) -> Load:
    """The last hours of a part of the VMs (`CPU` or `MEMORY` of `view.used`), in units."""
    past = used_of(view.rollups, part, each_once(view.inventory.vms), hours)
    there = np.isfinite(past.mean)
    some = there.any(axis=1)
    used = np.where(there, past.mean, 0.0).sum(axis=1, dtype=float) / unit
    given = np.where(there, past.given, 0.0).sum(axis=1, dtype=float) / unit
    return Load(past.ends.astype(float), np.where(some, used, np.nan), np.where(some, given, np.nan))
