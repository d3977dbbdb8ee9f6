"""--check: whether each libvirt can be read, what each collector finds, what mends the rest."""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from exporter.collectors.domain import STATES
from exporter.scrape import STALE, SUCCESS, UP, Scrape
from exporter.snapshot.description import AGENT_CHANNEL
from exporter.snapshot.dirty_rate import DIRTY_RATE_CALC
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS
from exporter.source.host import Host
from exporter.uri import masked
from exporter.web.finding import Finding, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from prometheus_client.core import Metric as Family

    from exporter.collectors.row import Collector
    from exporter.snapshot.domain import Domain
    from exporter.source.outage import Reason
    from exporter.source.settings import Settings

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds for libvirt to answer: a daemon that is started by its socket takes some
SETTLING = 2.0  # seconds for what is read in the background
ASKING = 10.0  # seconds for guest agents to answer: libvirt waits 5 s for one that never has

RUNNING = STATES.index("running")
LOOK = "see the state and the log of libvirtd (or virtqemud)"
READ_WRITE = (
    "add --libvirt.read-write; the user must be in the group of libvirt's read-write socket, often libvirt"
)
START_AGENTS = "install and start qemu-guest-agent in them"
ADD_CHANNELS = f"give those without it the channel {AGENT_CHANNEL} (virsh edit), and start them again"
SEE_AGENTS = "see the line agents"
ONLY_WITH_READ_WRITE = frozenset((GUEST_AGENTS, GUEST_DETAILS, DIRTY_RATE_CALC))


class Read(NamedTuple):
    """What was read of a host: a page, its domains, and what libvirt did not answer or allow."""

    page: Sequence[Family]
    domains: Sequence[Domain] = ()
    unreachable: Reason | None = None
    refusal: Reason | None = None


def check(
    hosts: Mapping[str, Settings], enabled: Sequence[Collector], seconds: float, series_limit: int
) -> int:
    """Read the hosts as scrapes do, and say what was found; 1 if a libvirt or a collector failed.

    A host has the alias of its target; that of --libvirt.uri has none.
    """

    def of_host(alias: str, wanted: Settings) -> list[Finding]:
        try:
            found = list(findings(_read(wanted, enabled, seconds, series_limit), enabled, wanted))
        except Exception as error:
            log.debug("a libvirt cannot be read", exc_info=True)
            found = [_broken(error, wanted)]
        return [each.of_target(alias) if alias else each for each in found]

    failed = False
    with ThreadPoolExecutor(len(hosts)) as pool:  # side by side: each that does not answer takes PATIENCE
        for lines in pool.map(of_host, hosts, hosts.values()):
            sys.stdout.writelines(f"{each}\n" for each in lines)
            sys.stdout.flush()
            failed = failed or any(each.word == "failed" for each in lines)
    return 1 if failed else 0


def _broken(error: Exception, wanted: Settings) -> Finding:
    reason = " ".join(masked(f"{type(error).__name__}: {error}", wanted.uri).split())
    return Finding("failed", "libvirt", reason, "check its URI, and report this")


def _read(wanted: Settings, enabled: Sequence[Collector], seconds: float, series_limit: int) -> Read:
    """What a host tells, once libvirt has answered and what is read in the background has settled."""
    host = Host(wanted)
    scrape = Scrape(host, enabled, series_limit)
    host.start()
    try:
        end = time.monotonic() + PATIENCE
        while not _up(scrape.page(seconds)) and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(SETTLING)
        domains = _asked(host, seconds) if _asks_agents(enabled, wanted) else ()
        return Read(scrape.page(seconds), domains, host.unreachable, host.refusal)
    finally:
        host.stop()


def _asked(host: Host, seconds: float) -> tuple[Domain, ...]:
    """The domains, once each guest agent has answered or failed to."""
    end = time.monotonic() + ASKING
    while True:
        domains = host.collect(time.monotonic() + seconds).domains
        waiting = any(one.agent is None and _has_channel(one) for one in domains if one.active)
        if not waiting or host.refusal or time.monotonic() >= end:
            return domains
        time.sleep(0.5)


def findings(read: Read, enabled: Sequence[Collector], wanted: Settings) -> Iterator[Finding]:
    """What was read says: of libvirt, of its domains, of guest agents, of each collector."""
    if not _up(read.page):
        what, mends = read.unreachable or ("no answer", "")
        yield Finding("failed", "libvirt", what, mends or LOOK)
        return
    domains = _of(read.page, STALE.name)
    stale = [labels["domain"] for labels, value in domains if value]
    yield Finding("ok", "libvirt", f"{len(domains)} domains")
    if stale:
        yield Finding("none", "domains", f"without all figures: {some(stale)}", "see the log of libvirt")
    if _asks_agents(enabled, wanted):
        yield from _of_agents(read)
    succeeded = {labels["collector"]: value for labels, value in _of(read.page, SUCCESS.name)}
    for one in enabled:
        yield _of_collector(one, read.page, wanted, failed=not succeeded.get(one.name))


def _asks_agents(enabled: Sequence[Collector], wanted: Settings) -> bool:
    return wanted.read_write and any(GUEST_AGENTS in one.needs for one in enabled)


def _of_agents(read: Read) -> Iterator[Finding]:
    """Of the agents of VMs that run: a paused guest cannot answer. One that is not described may have any."""
    if read.refusal:
        yield Finding("failed", "agents", read.refusal.what, read.refusal.mends or LOOK)
        return
    running = [one for one in read.domains if one.state == RUNNING and one.description is not None]
    if not running:
        yield Finding("none", "agents", "no VM runs")
        return
    without = [one.name for one in running if not _has_channel(one)]
    unasked = [one.name for one in running if _has_channel(one) and one.agent is None]
    silent = [one.name for one in running if _has_channel(one) and one.agent and not one.agent.up]
    missing = {"silent": silent, "without a channel": without, "not asked in time": unasked}
    answer = len(running) - sum(map(len, missing.values()))
    told = "".join(f"; {what}: {some(names)}" for what, names in missing.items() if names)
    mends = [START_AGENTS] if silent or without else []
    mends += [ADD_CHANNELS] if without else []
    text = f"{answer} of {len(running)} running VMs answer{told}"
    yield Finding("none" if told else "ok", "agents", text, "; ".join(mends))


def _has_channel(domain: Domain) -> bool:
    return domain.description is not None and domain.description.has_agent


def _of_collector(one: Collector, page: Sequence[Family], wanted: Settings, *, failed: bool) -> Finding:
    subject = f"collector {one.name}"
    if failed:
        return Finding("failed", subject, "the log says why")
    names = {metric.name.removesuffix("_total") for metric in one.metrics}
    count = sum(len(family.samples) for family in page if family.name in names)
    if count:
        return Finding("ok", subject, f"{count} samples")
    return Finding("none", subject, "no samples", _brings(one, wanted))


def _brings(one: Collector, wanted: Settings) -> str:
    """What brings a collector samples, where that is known."""
    if wanted.read_write:
        return SEE_AGENTS if GUEST_AGENTS in one.needs else ""
    return "" if ONLY_WITH_READ_WRITE.isdisjoint(one.needs) else READ_WRITE


def _up(page: Sequence[Family]) -> bool:
    return any(value for _labels, value in _of(page, UP.name))


def _of(page: Sequence[Family], name: str) -> list[tuple[dict[str, str], float]]:
    return [(each.labels, each.value) for family in page if family.name == name for each in family.samples]
