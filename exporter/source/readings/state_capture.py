"""Reads snapshots and checkpoints of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.state_capture import (
    CHECKPOINT_SIZES,
    STATE_CAPTURE,
    Points,
    StateCapture,
    checkpoint_size,
)
from exporter.snapshot.text import bounded
from exporter.source.reader import MINUTELY
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from exporter.source.calls import Skips
    from exporter.source.readings.row import Connection

MOST_DOMAINS = 1_000  # that are read at a time
MOST_POINTS = 32  # snapshots, or checkpoints, of a domain whose age is read; all are counted

_HAS_SNAPSHOT: int = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
_HAS_CHECKPOINT: int = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT
_ACTIVE: int = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE
_SIZE = libvirt.VIR_DOMAIN_CHECKPOINT_XML_SIZE | libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN


def state_capture(connection: Connection, skips: Skips) -> StateCapture:
    """Snapshots and checkpoints of all domains. No guest is asked, and a domain without any costs no call."""
    return StateCapture(
        dict(_each(connection, skips, _HAS_SNAPSHOT, _snapshots)),
        dict(_each(connection, skips, _HAS_CHECKPOINT, _checkpoints)),
    )


def sizes(connection: Connection, skips: Skips) -> Mapping[str, float]:
    """Bytes that active domains wrote since their newest checkpoint. A stuck domain blocks here."""
    return dict(_each(connection, skips, _HAS_CHECKPOINT | _ACTIVE, _newest_size))


def _each(
    connection: Connection, skips: Skips, flags: int, look: Callable[[Any, Skips], Any]
) -> Iterator[tuple[str, Any]]:
    for domain in connection.listAllDomains(flags)[:MOST_DOMAINS]:
        seen = skips.answer(look, domain, skips)
        if seen is not None:
            yield domain.UUIDString(), seen


def _snapshots(domain: Any, skips: Skips) -> Points:
    listed = domain.listAllSnapshots(libvirt.VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL)
    current = bounded(domain.snapshotCurrent().getName()) if domain.hasCurrentSnapshot() else None
    return Points.of(len(listed), _texts(listed, skips), current)


def _checkpoints(domain: Any, skips: Skips) -> Points:
    listed = domain.listAllCheckpoints(libvirt.VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL)
    flags = libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN
    return Points.of(len(listed), _texts(listed, skips, flags))


def _newest_size(domain: Any, _skips: Skips) -> float | None:
    """Checkpoints form a chain: the newest is the only one without a successor."""
    leaves = domain.listAllCheckpoints(libvirt.VIR_DOMAIN_CHECKPOINT_LIST_LEAVES)
    return checkpoint_size(leaves[-1].getXMLDesc(_SIZE)) if leaves else None


def _texts(listed: list[Any], skips: Skips, *flags: int) -> Iterator[str]:
    texts = (skips.answer(one.getXMLDesc, *flags) for one in _some(listed))
    return (text for text in texts if text is not None)


def _some(listed: list[Any]) -> Iterable[Any]:
    """Up to MOST_POINTS, from both ends of the list, in which parents come before their children."""
    half = MOST_POINTS // 2
    return listed if len(listed) <= MOST_POINTS else (*listed[:half], *listed[-half:])


READINGS = (
    Remote(STATE_CAPTURE, state_capture, MINUTELY),
    Remote(CHECKPOINT_SIZES, sizes, MINUTELY),
)
