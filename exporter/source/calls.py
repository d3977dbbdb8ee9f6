"""The calls that statistics are made of, as functions of a connection; results are plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from exporter.snapshot.snapshot import version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Connection = Any  # libvirt.virConnect

NOWAIT: int = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
BACKING: int = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING

# Statistics groups by the collector that needs them.
GROUPS = {
    "domain": libvirt.VIR_DOMAIN_STATS_STATE,
    "cpu": libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_VCPU,
    "vcpu": libvirt.VIR_DOMAIN_STATS_VCPU,
    "memory": libvirt.VIR_DOMAIN_STATS_BALLOON,
    "block": libvirt.VIR_DOMAIN_STATS_BLOCK,
    "block-backing": libvirt.VIR_DOMAIN_STATS_BLOCK,
    "interface": libvirt.VIR_DOMAIN_STATS_INTERFACE,
    "iothread": libvirt.VIR_DOMAIN_STATS_IOTHREAD,
    "perf": libvirt.VIR_DOMAIN_STATS_PERF,
    "dirtyrate": libvirt.VIR_DOMAIN_STATS_DIRTYRATE,
    "memory-bandwidth": libvirt.VIR_DOMAIN_STATS_MEMORY,
    "kvm": libvirt.VIR_DOMAIN_STATS_VM | libvirt.VIR_DOMAIN_STATS_VCPU,
}
_ACTIVE_ONLY: int = libvirt.VIR_DOMAIN_STATS_BLOCK  # of others libvirt would open the images


def groups(collectors: Iterable[str]) -> int:
    """The statistics groups these collectors need."""
    needed = 0
    for name in collectors:
        needed |= GROUPS.get(name, 0)
    return needed


def inactive(wanted: int) -> int:
    """Those of the groups that may be asked of domains that do not run."""
    return wanted & ~_ACTIVE_ONLY


class Found(NamedTuple):
    """A domain as the survey finds it."""

    uuid: str
    name: str
    active: bool
    state: int | None = None
    reason: int | None = None
    autostart: bool | None = None
    persistent: bool | None = None


def greet(connection: Connection) -> None:
    """A call the daemon answers without looking at a domain."""
    connection.getLibVersion()


def survey(connection: Connection) -> list[Found]:
    """All domains with their states: three calls that never wait for a guest."""
    autostart = _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)
    persistent = _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
    found = []
    for domain, raw in connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE, NOWAIT):
        uuid = domain.UUIDString()
        active = domain.ID() >= 0
        state, reason = raw.get("state.state"), raw.get("state.reason")
        found.append(Found(uuid, domain.name(), active, state, reason, uuid in autostart, uuid in persistent))
    return found


def _uuids(connection: Connection, flag: int) -> set[str]:
    return {domain.UUIDString() for domain in connection.listAllDomains(flag)}


class Handles:
    """The libvirt objects of domains; they belong to a connection, and each connection has its own.

    With `backing`, statistics of disks have an entry for each image of a disk's chain, the topmost first.
    """

    def __init__(self, *, backing: bool = False) -> None:
        self._flags = NOWAIT | BACKING if backing else NOWAIT
        self._connection: Connection = None
        self._domains: dict[str, Any] = {}

    def statistics(self, connection: Connection, uuids: Iterable[str], wanted: int) -> dict[str, Raw]:
        """Raw statistics by UUID, in one call. Domains that are gone are missing."""
        domains = self.of(connection, uuids)
        if not domains:
            return {}
        answered = connection.domainListGetStats(domains, wanted, self._flags)
        return {domain.UUIDString(): raw for domain, raw in answered}

    def of(self, connection: Connection, uuids: Iterable[str]) -> list[Any]:
        """The objects of these domains on this connection; those that are gone are missing."""
        uuids = list(uuids)
        if connection is not self._connection or not self._domains.keys() >= set(uuids):
            self._domains = {domain.UUIDString(): domain for domain in connection.listAllDomains()}
            self._connection = connection
        return [self._domains[uuid] for uuid in uuids if uuid in self._domains]


if TYPE_CHECKING:
    Raw = Mapping[str, Any]


def about(connection: Connection) -> dict[str, str]:
    """Versions and name of the other side, for snapshot.Connection; what fails is left out."""
    questions = {
        "library_version": lambda: version(libvirt.getVersion()),
        "daemon_version": lambda: version(connection.getLibVersion()),
        "hypervisor": connection.getType,
        "hypervisor_version": lambda: version(connection.getVersion()),  # may ask QEMU, which takes seconds
        "hostname": connection.getHostname,
    }
    answers = {}
    for name, question in questions.items():
        try:
            answers[name] = question()
        except libvirt.libvirtError:
            continue
    return answers
