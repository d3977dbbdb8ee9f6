"""The record of what happened to domains: from events, and from states for events that were missed.

libvirt keeps no events for a client whose connection is interrupted. After an interruption the states of
domains still show crashes, panics, and pauses after I/O errors and by a watchdog. They are counted if they
last and no event has told of them. All other events of that time are lost.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.event import GUEST, HOST, DomainEvents, Events, Happening, Latest
from exporter.source.happenings import EVENTS, LIFECYCLE, STATES, Happened, io_error_reason, pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.source.calls import Listed

SETTLE = (
    15.0  # seconds: a list of domains is older than an event by a deadline at most, and an event may be late
)
BURST = 2.0  # seconds: the firmware of one reboot resets the machine up to five times (seen: 0.2 s)
KEPT = 3600.0  # seconds that the events of a domain that no longer exists are kept
REMEMBERED = 1000  # domains that no longer exist

_STARTED_MIGRATED = (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_MIGRATED)
_ENDS_TROUBLE = (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_RESUMED)
_CRASHED = LIFECYCLE[libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED]


@dataclass(slots=True)
class _Domain:
    domain: str
    counts: Counter[Happening] = field(default_factory=Counter)
    latest: dict[Happening, Latest] = field(default_factory=dict)
    io_errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    resets: Counter[str] = field(default_factory=Counter)
    reset_at: float = float("-inf")  # when the last reset that counts by who asked was
    heard: float = float("-inf")  # when an event last told of another state
    trouble: Happening | None = None  # what its state shows, as far as it is counted
    suspected: tuple[Happened, float] | None = None  # a trouble that no event told, and since when
    known: bool = False  # its state has been seen
    arriving: bool = False  # it is being migrated to this host

    @property
    def last(self) -> float:
        """When its last event came."""
        return max((one.time for one in self.latest.values()), default=float("-inf"))

    def read(self, uuid: str) -> DomainEvents:
        return DomainEvents(
            uuid,
            self.domain,
            dict(self.counts),
            dict(self.latest),
            dict(self.io_errors),
            dict(self.resets),
        )


class EventRecord:
    """Counts events. `clock` gives Unix time. May be used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._domains: OrderedDict[str, _Domain] = OrderedDict()
        self._connections = 0

    def connected(self) -> None:
        """Events come over a new connection."""
        with self._lock:
            self._connections += 1

    def lifecycle(self, uuid: str, domain: str, kind: int, detail: int) -> None:
        """A lifecycle event, by libvirt's numbers."""
        with self._lock:
            one = self._of(uuid, domain)
            one.heard, one.suspected = self._clock(), None
            refused = one.arriving and kind == libvirt.VIR_DOMAIN_EVENT_STOPPED  # a migration that failed
            one.arriving = (kind, detail) == _STARTED_MIGRATED
            happened = None if refused else LIFECYCLE.get((kind, detail))
            if kind in _ENDS_TROUBLE:
                one.trouble = None
            if happened and not (happened == _CRASHED and one.trouble is Happening.PANIC):
                self._count(one, happened)
                one.trouble = happened.what if kind not in _ENDS_TROUBLE else None

    def happened(self, uuid: str, domain: str, kind: str, values: tuple[Any, ...]) -> None:
        """Another event, of one of the kinds in happenings.EVENTS."""
        happened = EVENTS[kind](*values)
        with self._lock:
            one = self._of(uuid, domain)
            if happened.what is Happening.REBOOT and self._is_burst(one):
                return
            self._count(one, happened)
            if kind == "io-error":
                one.io_errors[values[1], io_error_reason(values[3])] += 1
            if pauses(kind, values):
                one.trouble, one.heard, one.suspected = happened.what, self._clock(), None

    def reset(self, uuid: str, domain: str, by_guest: bool) -> None:
        """QEMU tells who asked for a reset. What the firmware adds to it is no other."""
        with self._lock:
            one = self._of(uuid, domain)
            if self._clock() - one.reset_at >= BURST:
                one.resets[GUEST if by_guest else HOST] += 1
                one.reset_at = self._clock()

    def listed(self, domains: Sequence[Listed]) -> None:
        """All domains and their states, some seconds old at most."""
        with self._lock:
            now = self._clock()
            self._forget({one.uuid for one in domains}, now)
            for listed in domains:
                if listed.state is not None and listed.reason is not None:
                    one = self._of(listed.uuid, listed.name)
                    if now - one.heard > SETTLE:
                        one.arriving = one.arriving and listed.state != libvirt.VIR_DOMAIN_RUNNING
                        self._look(one, STATES.get((listed.state, listed.reason)), now)

    def read(self, is_wanted: Callable[[str], bool], *, tells_resets: bool = False) -> Events:
        """The events so far, of domains whose name is wanted; `tells_resets`: whether `reset` is called."""
        with self._lock:
            counted = (one for one in self._domains.items() if one[1].counts and is_wanted(one[1].domain))
            domains = {uuid: one.read(uuid) for uuid, one in counted}
            return Events(domains, max(0, self._connections - 1), tells_resets)

    # All methods below are called with the lock held.

    def _of(self, uuid: str, domain: str) -> _Domain:
        one = self._domains.setdefault(uuid, _Domain(domain))
        one.domain = domain
        return one

    def _count(self, one: _Domain, happened: Happened) -> None:
        one.counts[happened.what] += 1
        one.latest[happened.what] = Latest(self._clock(), happened.reason)

    def _is_burst(self, one: _Domain) -> bool:
        last = one.latest.get(Happening.REBOOT)
        return last is not None and self._clock() - last.time < BURST

    def _look(self, one: _Domain, seen: Happened | None, now: float) -> None:
        """Count a trouble that lasts; what a domain shows when it is first seen is no news."""
        if one.trouble is Happening.PANIC and seen is not None and seen.what is Happening.CRASH:
            one.suspected = None  # libvirt stopped what had panicked: its state is that of a crash
        elif seen is None or seen.what is one.trouble or not one.known:
            one.trouble, one.suspected, one.known = seen and seen.what, None, True
        elif one.suspected is None or one.suspected[0] != seen:
            one.suspected = (seen, now)
        elif now - one.suspected[1] >= SETTLE:
            self._count(one, seen)
            one.trouble, one.suspected = seen.what, None

    def _forget(self, present: set[str], now: float) -> None:
        """Drop domains that no longer exist. One that is arriving, or was heard of lately, may come yet."""
        gone = [(uuid, one) for uuid, one in self._domains.items() if uuid not in present]
        for number, (uuid, one) in enumerate(reversed(gone)):
            may_come = one.arriving or now - one.heard <= SETTLE
            if number >= REMEMBERED or (now - one.last > KEPT and not may_come):
                del self._domains[uuid]
