"""Whether the backend keeps as much history as `lookback` asks for: asked once, said once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forecaster.config.durations import written
from forecaster.promql.results import PromqlError

if TYPE_CHECKING:
    from forecaster.promql.client import Client

LOG = logging.getLogger(__name__)


def shortage(kept: int | None, lookback: int) -> str:
    """What is missing and how to mend it, where a backend that keeps `kept` seconds has too few; else ""."""
    if kept is None or kept >= lookback:
        return ""
    return (
        f"the backend keeps {written(kept)} and lookback is {written(lookback)}: keep more there "
        f"(Prometheus: --storage.tsdb.retention.time={written(lookback)}), or set lookback: {written(kept)}"
    )


class History:
    """Asks a backend until it has answered once."""

    def __init__(self, lookback: int) -> None:
        self.note = ""  # what is missing
        self._lookback = lookback
        self._asked = False

    def ask(self, client: Client) -> None:
        """Ask, if no answer is known yet; never raises."""
        if self._asked:
            return
        try:
            self.note = shortage(client.retention(), self._lookback)
        except PromqlError:
            return
        self._asked = True
        if self.note:
            LOG.warning("less history than wanted", extra={"why": self.note})
