"""Stuck guests, and a libvirtd that is killed: what scrapes return during and after it."""

from __future__ import annotations

import re
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bench.subjects import ours, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.subjects import Exporter
    from lab import Host, RunningGuest

PACE = 1.0  # seconds between two scrapes
READY_SECONDS = 60
MANY = (6, 12, 20)  # guests stopped, for a fifth of the time
STALE = re.compile(rb'^libvirt_domain_stats_stale\{domain="([^"]*)"\} 1\.0$', re.MULTILINE)


class Seen(NamedTuple):
    """The result of a scrape."""

    seconds: float
    up: bool
    samples: int
    stale: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stopped:
    """`stopped` of `guests` were stopped for some time: the worst of `scrapes`.

    `samples` is a share of the samples before. `named` is whether each scrape reported all stopped guests as
    stale, `healthy` the lowest share of other guests that were fresh after the first scrapes, and `back`
    whether all guests were fresh at the first scrape afterwards.
    """

    stopped: int
    guests: int
    scrapes: int
    slowest: float
    samples: float
    up: bool
    named: bool
    healthy: float
    back: bool


@dataclass(frozen=True, slots=True)
class Killed:
    """libvirtd killed and started again: the scrapes right after each."""

    down: Seen
    up: Seen


SETTLING = 3  # scrapes until the stuck guests are known


def faults(host: Host, guests: Sequence[RunningGuest], seconds: float) -> tuple[tuple[Stopped, ...], Killed]:
    """One and two guests stopped for `seconds`, many for a fifth of it; then libvirtd is killed."""
    cases = [(1, seconds), (2, seconds), *((number, seconds / 5) for number in MANY)]
    with running("faults", ours(host)) as exporter:
        stopped = []
        for number, duration in cases:
            if number < len(guests):
                stopped.append(_stopped(exporter, guests, number, duration))
                print(stopped[-1], flush=True)
        return tuple(stopped), _killed(exporter, host)


def look(exporter: Exporter) -> Seen:
    """A scrape."""
    began = time.perf_counter()
    page = exporter.page()
    seconds = time.perf_counter() - began
    samples = sum(not line.startswith(b"#") for line in page.splitlines())
    stale = frozenset(name.decode() for name in STALE.findall(page))
    return Seen(seconds, b"\nlibvirt_up 1.0\n" in page, samples, stale)


def worst(before: Seen, seen: Sequence[Seen], after: Seen, names: frozenset[str], guests: int) -> Stopped:
    """The worst of the scrapes before, while and after guests of these names were stopped."""
    settled = seen[SETTLING:] or seen[-1:]
    return Stopped(
        stopped=len(names),
        guests=guests,
        scrapes=len(seen),
        slowest=max(one.seconds for one in seen),
        samples=min(one.samples for one in seen) / before.samples,
        up=all(one.up for one in seen),
        named=all(names <= one.stale for one in seen),
        healthy=1 - max(len(one.stale - names) for one in settled) / (guests - len(names)),
        back=not after.stale,
    )


def _stopped(exporter: Exporter, guests: Sequence[RunningGuest], number: int, seconds: float) -> Stopped:
    before = _ready(exporter)
    # Spread over all, so that their neighbours in libvirt's order are not stuck.
    chosen = [guests[n * len(guests) // number] for n in range(number)]
    seen = []
    with _frozen(chosen):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            seen.append(look(exporter))
            time.sleep(PACE)
    time.sleep(PACE)
    after = look(exporter)
    return worst(before, seen, after, frozenset(guest.name for guest in chosen), len(guests))


@contextmanager
def _frozen(guests: Sequence[RunningGuest]) -> Iterator[None]:
    try:
        for guest in guests:
            guest.freeze()
        yield
    finally:
        for guest in guests:
            guest.thaw()


def _ready(exporter: Exporter) -> Seen:
    """The first scrape that is up and has no stale guest."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        time.sleep(PACE)
        seen = look(exporter)
        if seen.up and not seen.stale:
            return seen
    raise TimeoutError("the exporter has no page on which all guests are fresh")


def _killed(exporter: Exporter, host: Host) -> Killed:
    _ready(exporter)
    host.stop_daemon(signal.SIGKILL)
    try:
        down = look(exporter)
    finally:
        host.start_daemon()
    return Killed(down, look(exporter))
