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
    number: int = -1  # libvirt's ID of a domain while it is active


def ping(connection: Connection) -> None:
    """A call that the daemon answers whatever its domains do."""
    connection.getLibVersion()


class Skips:
    """Reads items one by one; `count` is how many could not be read, such as a name that is not UTF-8.

    libvirt's Python binding raises UnicodeDecodeError for those. It must not cost the other items.
    """

    def __init__(self) -> None:
        self.count = 0

    def answer(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """As the function `answer`; None, and counted, whatever else is raised."""
        try:
            return answer(question, *arguments)
        except Exception as error:  # noqa: BLE001 (any failure costs this item only)
            log.debug("an item cannot be read", extra={"reason": type(error).__name__})
            self.count += 1
            return None


def list_domains(connection: Connection, skips: Skips) -> list[Listed]:
    """All domains with their states: three calls that never wait for a guest."""
    autostart = _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)
    persistent = _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT)

    def read(domain: Any, raw: Raw) -> Listed:
        uuid, number = domain.UUIDString(), domain.ID()
        state, reason = raw.get("state.state"), raw.get("state.reason")
        kept = uuid in autostart, uuid in persistent
        return Listed(uuid, domain.name(), number >= 0, state, reason, *kept, number)

    found = (skips.answer(read, *one) for one in connection.getAllDomainStats(STATE, NOWAIT))
    return [one for one in found if one is not None]


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
    skips = Skips()
    answers = {name: skips.answer(question) for name, question in questions.items()}
    return {name: text for name, text in answers.items() if text is not None}


def answer(question: Callable[..., Any], *arguments: Any) -> Any:
    """What a call of libvirt gives; None if the object no longer exists or the driver lacks the call."""
    try:
        return question(*arguments)
    except libvirt.libvirtError as error:
        log.debug("no answer", extra={"reason": str(error)})
        return None
