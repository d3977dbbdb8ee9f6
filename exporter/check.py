"""--check: whether each libvirt can be read, what each collector finds, what mends the rest."""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from exporter.scrape import STALE, SUCCESS, UP, Scrape
from exporter.snapshot.dirty_rate import DIRTY_RATE_CALC
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS
from exporter.source.host import Host
from exporter.uri import masked
from exporter.web.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from prometheus_client.core import Metric as Family

    from exporter.collectors.row import Collector
    from exporter.source.settings import Settings

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds for libvirt to answer: a daemon that is started by its socket takes some
SETTLING = 2.0  # seconds for what is read in the background

UNREACHABLE = (
    "is libvirtd (or virtqemud) running, and may this user open its socket? The read-only socket needs no "
    "group on Debian; elsewhere see unix_sock_ro_perms and auth_unix_ro in libvirtd.conf"
)
READ_WRITE = (
    "add --libvirt.read-write; the user must be in the group of libvirt's read-write socket, often libvirt"
)
ONLY_WITH_READ_WRITE = frozenset((GUEST_AGENTS, GUEST_DETAILS, DIRTY_RATE_CALC))


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


def _read(
    wanted: Settings, enabled: Sequence[Collector], seconds: float, series_limit: int
) -> Sequence[Family]:
    """The page of a host, once libvirt has answered and what is read in the background has settled."""
    host = Host(wanted)
    scrape = Scrape(host, enabled, series_limit)
    host.start()
    try:
        end = time.monotonic() + PATIENCE
        while not _up(scrape.page(seconds)) and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(SETTLING)
        return scrape.page(seconds)
    finally:
        host.stop()


def findings(page: Sequence[Family], enabled: Sequence[Collector], wanted: Settings) -> Iterator[Finding]:
    """What a page says: of libvirt, of its domains, of each collector."""
    if not _up(page):
        yield Finding("failed", "libvirt", "no answer", UNREACHABLE)
        return
    domains = _of(page, STALE.name)
    stale = sorted(labels["domain"] for labels, value in domains if value)
    yield Finding("ok", "libvirt", f"{len(domains)} domains")
    if stale:
        yield Finding("none", "domains", f"without all figures: {', '.join(stale)}", "see the log of libvirt")
    succeeded = {labels["collector"]: value for labels, value in _of(page, SUCCESS.name)}
    for one in enabled:
        yield _of_collector(one, page, wanted, failed=not succeeded.get(one.name))


def _of_collector(one: Collector, page: Sequence[Family], wanted: Settings, *, failed: bool) -> Finding:
    subject = f"collector {one.name}"
    if failed:
        return Finding("failed", subject, "the log says why")
    names = {metric.name.removesuffix("_total") for metric in one.metrics}
    count = sum(len(family.samples) for family in page if family.name in names)
    if count:
        return Finding("ok", subject, f"{count} samples")
    hindered = not wanted.read_write and not ONLY_WITH_READ_WRITE.isdisjoint(one.needs)
    return Finding("none", subject, "no samples", READ_WRITE if hindered else "")


def _up(page: Sequence[Family]) -> bool:
    return any(value for _labels, value in _of(page, UP.name))


def _of(page: Sequence[Family], name: str) -> list[tuple[dict[str, str], float]]:
    return [(each.labels, each.value) for family in page if family.name == name for each in family.samples]
