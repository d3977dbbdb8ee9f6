"""Asks a guest's agent what changes seldom, about once a minute, question by question.

An agent may not know some of the questions; a call that asks them all at once would fail as a whole.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, NamedTuple

import libvirt

from exporter.snapshot.guest_details import Details

log = logging.getLogger(__name__)

INTERVAL = 60.0  # seconds
FORGOTTEN = 600.0  # seconds after which what a guest said is dropped

QUESTIONS = (
    libvirt.VIR_DOMAIN_GUEST_INFO_OS,
    libvirt.VIR_DOMAIN_GUEST_INFO_HOSTNAME,
    libvirt.VIR_DOMAIN_GUEST_INFO_TIMEZONE,
    libvirt.VIR_DOMAIN_GUEST_INFO_USERS,
    libvirt.VIR_DOMAIN_GUEST_INFO_INTERFACES,
)


class _Said(NamedTuple):
    details: Details
    at: float  # monotonic


class Interview:
    """What guests said, by UUID. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[str, _Said] = {}

    def details(self, uuid: str, domain: Any) -> Details:
        """What the guest said less than a minute ago, or says now. Raises libvirtError if it went silent."""
        now = time.monotonic()
        with self._lock:
            for old in [one for one, said in self._said.items() if now - said.at > FORGOTTEN]:
                del self._said[old]
            known = self._said.get(uuid)
        if known is not None and now - known.at < INTERVAL:
            return known.details
        said = _Said(ask(domain), now)
        with self._lock:
            self._said[uuid] = said
        return said.details


def ask(domain: Any) -> Details:
    """All questions to the agent of a domain (virDomain)."""
    raw: dict[str, Any] = {}
    for question in QUESTIONS:
        raw |= _answer(domain.guestInfo, question, 0) or {}
    began = time.time()
    clock = _answer(domain.getTime)
    meanwhile = (began + time.time()) / 2
    offset = clock["seconds"] + clock["nseconds"] / 1e9 - meanwhile if clock else None
    return Details.read(raw, offset)


def _answer(question: Any, *arguments: Any) -> Any:
    """None where the agent does not know the question."""
    try:
        return question(*arguments)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_AGENT_UNRESPONSIVE:
            raise
        log.debug("a guest agent has no answer", extra={"reason": str(error)})
        return None
