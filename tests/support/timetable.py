"""Background work that a test starts itself, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.source.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable


class Timetable(Background):
    """Work that the test starts, here; the pauses before it are noted."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self.waiting: list[Callable[[], object]] = []

    def run(self, name: str, work: Callable[[], object]) -> None:
        self.waiting.append(lambda: self.guarded(name, work))

    def later(self, seconds: float, name: str, work: Callable[[], object]) -> None:
        self.pauses.append(seconds)
        self.run(name, work)

    def go_on(self, most: int = 1000) -> None:
        for _ in range(most):
            if self.waiting:
                self.waiting.pop(0)()
