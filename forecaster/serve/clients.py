"""The clients of the loop: that of the cycles, and that for the past that advice is made from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.promql.client import Client

if TYPE_CHECKING:
    from threading import Event

    from forecaster.config.model import Backend
    from forecaster.series.frame import Track


class StoppedError(Exception):
    """The program is to end; what has been read so far is whole."""


class StoppableClient(Client):
    """A program that is to end waits for one answer at most, and saves its state: queries raise StoppedError
    once `stopping` is set.
    """

    def __init__(self, backend: Backend, stopping: Event) -> None:
        super().__init__(backend, stopping.wait)
        self._stopping = stopping

    def query(self, expression: str, at: int, retries: int | None = None) -> list[Track]:
        """As of any client."""
        self._go_on()
        return super().query(expression, at, retries)

    def query_range(
        self, expression: str, start: int, end: int, step: int, retries: int | None = None
    ) -> list[Track]:
        """As of any client."""
        self._go_on()
        return super().query_range(expression, start, end, step, retries)

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise StoppedError


class PastClient(StoppableClient):
    """What the backend refuses of the past changes nothing for forecasts; nobody waits for another try."""

    def __init__(self, backend: Backend, stopping: Event) -> None:
        super().__init__(replace(backend, retries=0), stopping)
