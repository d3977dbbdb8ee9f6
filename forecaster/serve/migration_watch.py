"""Watches live migrations while they run: how long they still take, and how right their forecasts were.

It has a thread and a client of its own. A turn without a migration costs one query, whose answer is empty.
What fails is tried again at the next turn.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster.advice.migration_outlook import outlooks
from forecaster.migration.left import Course, seconds_left
from forecaster.migration.rounds import Link
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError
from forecaster.view.migrations import MigrationsView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from forecaster.advice.migration_outlook import Outlook
    from forecaster.config.model import Backend
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory

LOG = logging.getLogger(__name__)

EVERY = 5.0  # seconds between turns: jobs are scraped no more often
# Seconds after which what is left of migrations is not told any more, unless it is asked anew.
STALE = 3 * EVERY
PATIENCE = 120.0  # seconds after which the record of a migration that ended is not waited for any longer
LEAVING = 'libvirt_domain_job_info{operation="migration_out"}'
RUNNING = f"libvirt_domain_job_elapsed_seconds and on (instance, domain) {LEAVING}"
SENT, RATE, DIRTY = (
    f"libvirt_domain_job_memory_{name}"
    for name in ("processed_bytes", "bytes_per_second", "dirty_bytes_per_second")
)
ENDED, TOOK, STOOD = (
    f'libvirt_domain_last_migration_{name}_seconds{{direction="outgoing",result="success"}}'
    for name in ("timestamp", "duration", "downtime")
)


@dataclass(frozen=True)
class _Begun:
    """A migration that was seen to run; Unix seconds. `expected` is what was forecast before, if anything."""

    since: float
    expected: tuple[float, float] | None  # seconds, and of downtime
    seen: float


class MigrationWatch:
    """Watches until `stopping` is set. `view` is replaced, never changed."""

    def __init__(
        self,
        backend: Callable[[], Backend],
        inventory: Callable[[], Inventory],
        stopping: Event,
        clock: Callable[[], float] = time.time,
        client: Client | None = None,
    ) -> None:
        self.view = MigrationsView()
        self._backend, self._inventory = backend, inventory
        self._stopping, self._clock = stopping, clock
        self._client = client or Client(backend(), stopping.wait)
        self._begun: dict[Labels, _Begun] = {}
        self._told_at = 0.0  # when it was last known what is left

    def run(self) -> None:
        """Turn after turn."""
        while not self._stopping.wait(EVERY):
            if self._client.backend != self._backend():
                self._client.close()
                self._client = Client(self._backend(), self._stopping.wait)
            self.look()
        self._client.close()

    def look(self) -> None:
        """A turn. While it fails, what is left of migrations is told for a little while only."""
        try:
            self.turn()
        except PromqlError as error:
            LOG.debug("live migrations cannot be watched: %s", error)
            if self.view.left and not 0 <= self._clock() - self._told_at <= STALE:
                self.view = replace(self.view, left={})

    def turn(self) -> None:
        """Look at what runs, and judge what ended. Raises PromqlError."""
        now = self._clock()
        running = self._ask(RUNNING, now)
        if not running and not self._begun:
            return
        known = {each.labels: each for each in outlooks(self._inventory())}
        self.view = replace(self.view, left=self._left(running, known, now))
        self._told_at = now
        for labels, elapsed in running.items():
            begun = self._begun.get(labels) or _Begun(now - elapsed, _expected(known.get(labels)), now)
            self._begun[labels] = replace(begun, seen=now)
        if self._begun.keys() - running.keys():
            self._judge(running, now)

    def _ask(self, query: str, now: float) -> dict[Labels, float]:
        """The newest values by the labels of VMs."""
        found = {}
        for track in self._client.instant(query, math.ceil(now)):
            labels = dict(track.labels)
            vm = tuple((name, labels.get(name, "")) for name in ("domain", "instance"))
            found[vm] = float(track.values[-1])
        return found

    def _left(
        self, running: Mapping[Labels, float], known: Mapping[Labels, Outlook], now: float
    ) -> Mapping[Labels, float]:
        if not running:
            return {}
        sent, rate, dirty = (self._ask(query, now) for query in (SENT, RATE, DIRTY))
        found = {}
        for labels in running:
            outlook = known.get(labels)
            if outlook is None or outlook.memory is None or not rate.get(labels):
                continue
            course = Course(sent.get(labels, 0.0), rate[labels], dirty.get(labels, 0.0))
            link = outlook.link or Link(course.rate, course.rate, 0.0, 0.0)
            found[labels] = seconds_left(outlook.memory, link, course)
        return found

    def _judge(self, running: Mapping[Labels, float], now: float) -> None:
        """Add the errors of those that ended with success; others are forgotten after a while."""
        ended, took, stood = (self._ask(query, now) for query in (ENDED, TOOK, STOOD))
        for labels, begun in list(self._begun.items()):
            if labels in running:
                continue
            done = ended.get(labels, 0.0) > begun.since
            if done and begun.expected is not None and labels in took and labels in stood:
                seconds, downtime = begun.expected
                self.view = replace(
                    self.view,
                    judged=self.view.judged + 1,
                    took=self.view.took + took[labels],
                    error=self.view.error + abs(seconds - took[labels]),
                    downtime_error=self.view.downtime_error + abs(downtime - stood[labels]),
                )
            if done or abs(now - begun.seen) > PATIENCE:
                del self._begun[labels]


def _expected(outlook: Outlook | None) -> tuple[float, float] | None:
    if outlook is None or outlook.ending is None:
        return None
    return outlook.ending.seconds, outlook.ending.downtime
