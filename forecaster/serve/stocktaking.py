"""Reads the inventory: one instant query for each fact; what cannot be read costs only itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forecaster.promql.results import DOWN, PromqlError, Result
from forecaster.view.facts import FACTS, inventory
from forecaster.view.inventory import Inventory
from forecaster.view.rollups import ABSURD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.promql.client import Client
    from forecaster.series.labels import Labels

LOG = logging.getLogger(__name__)

GIVING_UP = DOWN | {Result.TIMEOUT}  # what is asked next fares no better, and costs a cycle's time
TIMES_A_DAY = 288  # every five minutes of a 24-hour day: things come and go, but no advice is faster


class Stocktaking:
    """Keeps the latest inventory; `day` is the main season in seconds.

    What could not be read, or in part only, keeps its last answer, and is named as missing. A value that is
    no finite number, such as a share of nothing, or absurd is not known.
    """

    def __init__(self, day: int) -> None:
        self._every = day // TIMES_A_DAY  # seconds
        self.inventory = Inventory()
        self._answers: dict[str, Sequence[tuple[Labels, float]]] = {}
        self._slow: set[str] = set()  # facts that had no answer in time: they are asked for last

    def take(self, client: Client, now: int) -> None:
        """Read every fact at grid instant `now`, if the last reading is old enough; never raises."""
        if self.inventory.at and now - self.inventory.at < self._every:
            return
        missing: list[str] = []
        waiting = sorted(FACTS, key=lambda fact: fact.name in self._slow)
        for place, fact in enumerate(waiting):
            partial = client.statistics.partial
            try:
                tracks = client.instant(fact.query, now)
            except PromqlError as error:
                slow = error.result is Result.TIMEOUT
                self._slow |= {fact.name} if slow else set()
                if error.result in DOWN or (slow and len(missing) == place):  # nothing was answered yet
                    return
                self._say(fact.name, str(error))
                missing.append(fact.name)
                if slow:  # the others would fare no better, and cost a cycle's time
                    missing += [each.name for each in waiting[place + 1 :]]
                    break
                continue
            self._slow.discard(fact.name)
            told = ((track.labels, float(track.values[-1])) for track in tracks)
            answer = [each for each in told if abs(each[1]) < ABSURD]
            if client.statistics.partial > partial:
                missing.append(fact.name)
                self._say(fact.name, "the answer is partial")
                self._answers.setdefault(fact.name, answer)
            else:
                self._answers[fact.name] = answer
        self.inventory = inventory(self._answers, now, missing)

    def _say(self, fact: str, error: str) -> None:
        """Log a failure once, until the fact is read again."""
        if fact not in self.inventory.missing:
            LOG.warning("inventory is incomplete", extra={"fact": fact, "err": error})
