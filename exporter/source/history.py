"""The calls that snapshots and checkpoints are read with, as functions of a connection."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.history import History, Points, checkpoint_size
from exporter.snapshot.metadata import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Connection = Any  # libvirt.virConnect

log = logging.getLogger(__name__)

MOST = 1_000  # domains that are looked at in one reading
MOST_POINTS = 32  # snapshots, or checkpoints, of a domain whose age is read; all are counted

_HAS_SNAPSHOT: int = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
_HAS_CHECKPOINT: int = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT
_ACTIVE: int = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE
_SIZE = libvirt.VIR_DOMAIN_CHECKPOINT_XML_SIZE | libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN


def history(connection: Connection) -> History:
    """Snapshots and checkpoints of all domains; a domain that has none costs no call. No guest is asked."""
    return History(
        dict(_each(connection, _HAS_SNAPSHOT, _snapshots)),
        dict(_each(connection, _HAS_CHECKPOINT, _checkpoints)),
    )


def sizes(connection: Connection) -> dict[str, float]:
    """What running domains wrote since their newest checkpoint. A QEMU that hangs holds this up."""
    return dict(_each(connection, _HAS_CHECKPOINT | _ACTIVE, _newest_size))


def _each(connection: Connection, flags: int, look: Callable[[Any], Any]) -> Iterator[tuple[str, Any]]:
    for domain in connection.listAllDomains(flags)[:MOST]:
        try:
            seen = look(domain)
        except libvirt.libvirtError as error:  # gone meanwhile, or its driver knows no such thing
            log.debug("not to be had", extra={"domain": domain.name(), "reason": str(error)})
            continue
        if seen is not None:
            yield domain.UUIDString(), seen


def _snapshots(domain: Any) -> Points:
    listed = domain.listAllSnapshots()
    current = bounded(domain.snapshotCurrent().getName()) if domain.hasCurrentSnapshot() else None
    return Points.of(len(listed), (one.getXMLDesc() for one in _some(listed)), current)


def _checkpoints(domain: Any) -> Points:
    listed = domain.listAllCheckpoints(libvirt.VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL)
    flags = libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN
    return Points.of(len(listed), (one.getXMLDesc(flags) for one in _some(listed)))


def _newest_size(domain: Any) -> float | None:
    """Checkpoints form a chain: the only one without a successor is the newest."""
    leaves = domain.listAllCheckpoints(libvirt.VIR_DOMAIN_CHECKPOINT_LIST_LEAVES)
    return checkpoint_size(leaves[-1].getXMLDesc(_SIZE)) if leaves else None


def _some(listed: list[Any]) -> Iterable[Any]:
    """As many as may be looked at, from both ends of what libvirt lists."""
    half = MOST_POINTS // 2
    return listed if len(listed) <= MOST_POINTS else (*listed[:half], *listed[-half:])
