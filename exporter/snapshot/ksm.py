"""Kernel same-page merging of the host: equal pages of guests' memory that are kept once; bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Ksm:
    """KSM's state and memory; None for what the kernel lacks.

    `profit` is what it saves less what it needs itself.
    """

    running: bool | None = None
    shared: float | None = None
    sharing: float | None = None
    unshared: float | None = None
    volatile: float | None = None
    full_scans: float | None = None
    profit: float | None = None

    @classmethod
    def read(cls, files: Mapping[str, str], page_size: int) -> Ksm:
        """From the files of /sys/kernel/mm/ksm, by name."""
        numbers = {name: int(text) for name, text in files.items()}
        pages = {
            name: numbers[f"pages_{name}"] * page_size if f"pages_{name}" in numbers else None
            for name in ("shared", "sharing", "unshared", "volatile")
        }
        return cls(
            running=numbers["run"] == 1 if "run" in numbers else None,
            **pages,
            full_scans=numbers.get("full_scans"),
            profit=numbers.get("general_profit"),
        )


KSM: Reading[Ksm] = Reading("ksm")
