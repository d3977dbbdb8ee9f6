"""Calls of libvirt as functions of a connection; results are plain values."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from exporter.snapshot.connection import version
from exporter.source.groups import NOWAIT, STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Connection = Any  # libvirt.virConnect
    Raw = Mapping[str, Any]

log = logging.getLogger(__name__)


class Listed(NamedTuple):
    """A domain in the list of all domains."""

    uuid: str
    name: str
    active: bool
    state: int | None = None
    reason: int | None = None
    autostart: bool | None = None
    persistent: bool | None = None


def ping(connection: Connection) -> None:
    """A call that the daemon answers whatever its domains do."""
    connection.getLibVersion()


def list_domains(connection: Connection) -> list[Listed]:
    """All domains with their states: three calls that never wait for a guest."""
    autostart = _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)
    persistent = _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
    listed = []
    for domain, raw in connection.getAllDomainStats(STATE, NOWAIT):
        uuid = domain.UUIDString()
        active = domain.ID() >= 0
        state, reason = raw.get("state.state"), raw.get("state.reason")
        listed.append(
            Listed(uuid, domain.name(), active, state, reason, uuid in autostart, uuid in persistent)
        )
    return listed


def _uuids(connection: Connection, flag: int) -> set[str]:
    return {domain.UUIDString() for domain in connection.listAllDomains(flag)}


class Handles:
    """libvirt's objects for domains. They belong to a connection, so each connection has its own.

    `flags` are those of virDomainListGetStats.
    """

    def __init__(self, flags: int = NOWAIT) -> None:
        self._flags = flags
        self._connection: Connection = None
        self._domains: dict[str, Any] = {}

    def statistics(self, connection: Connection, uuids: Iterable[str], groups: int) -> dict[str, Raw]:
        """Raw statistics by UUID, in one call. Domains that no longer exist are missing."""
        domains = self.of(connection, uuids)
        if not domains:
            return {}
        answered = connection.domainListGetStats(domains, groups, self._flags)
        return {domain.UUIDString(): raw for domain, raw in answered}

    def of(self, connection: Connection, uuids: Iterable[str]) -> list[Any]:
        """The objects of these domains on this connection. Domains that no longer exist are missing."""
        uuids = list(uuids)
        if connection is not self._connection or not self._domains.keys() >= set(uuids):
            self._domains = {domain.UUIDString(): domain for domain in connection.listAllDomains()}
            self._connection = connection
        return [self._domains[uuid] for uuid in uuids if uuid in self._domains]


def about(connection: Connection) -> dict[str, str]:
    """What libvirt reports about itself, as fields of snapshot.connection.Connection."""
    questions: dict[str, Callable[[], str]] = {
        "library_version": lambda: version(libvirt.getVersion()),
        "daemon_version": lambda: version(connection.getLibVersion()),
        "hypervisor": connection.getType,
        "hypervisor_version": lambda: version(connection.getVersion()),  # may start a QEMU: seconds
        "hostname": connection.getHostname,
    }
    answers = {name: answer(question) for name, question in questions.items()}
    return {name: text for name, text in answers.items() if text is not None}


def answer(question: Callable[..., Any], *arguments: Any) -> Any:
    """What a call of libvirt gives; None if the object no longer exists or the driver lacks the call."""
    try:
        return question(*arguments)
    except libvirt.libvirtError as error:
        log.debug("no answer", extra={"reason": str(error)})
        return None
