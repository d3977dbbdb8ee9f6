"""What VMs cost, by what they are given."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Prices:
    """Prices in one currency; 0: nothing is charged for it."""

    currency: str = "EUR"
    vcpu_hour: float = 0.0
    memory_gib_hour: float = 0.0
    storage_gib_month: float = 0.0

    def __post_init__(self) -> None:
        for each in fields(self)[1:]:
            price = getattr(self, each.name)
            if not (math.isfinite(price) and price >= 0):
                raise ValueError(f"{each.name} must be a price: 0 or more")

    @property
    def known(self) -> bool:
        """Whether anything is charged for."""
        return bool(self.vcpu_hour or self.memory_gib_hour or self.storage_gib_month)
