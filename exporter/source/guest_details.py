"""Asks guest agents for what changes rarely, about once a minute, one question at a time.

An agent may not know all questions, and a call that asks several fails if it does not know one of them.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from exporter.snapshot.guest_details import Details

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

INTERVAL = 60.0  # seconds
FORGOTTEN = 600.0  # seconds after which the answers of a guest are dropped

QUESTIONS = (
    libvirt.VIR_DOMAIN_GUEST_INFO_OS,
    libvirt.VIR_DOMAIN_GUEST_INFO_HOSTNAME,
    libvirt.VIR_DOMAIN_GUEST_INFO_TIMEZONE,
    libvirt.VIR_DOMAIN_GUEST_INFO_USERS,
    libvirt.VIR_DOMAIN_GUEST_INFO_INTERFACES,
)


class _Answer(NamedTuple):
    details: Details
    at: float  # monotonic


class GuestDetails:
    """The details of guests by UUID. May be used from several threads.

    `odd()` is called, while the exception is handled, for each answer that cannot be decoded. `clock` gives
    monotonic seconds.
    """

    def __init__(
        self, odd: Callable[[], object] = lambda: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._odd = odd
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}

    def get(self, uuid: str, domain: Any) -> Details:
        """The details of a guest, a minute old at most. Raises libvirtError if its agent does not respond."""
        now = self._clock()
        with self._lock:
            for old in [one for one, answer in self._answers.items() if now - answer.at > FORGOTTEN]:
                del self._answers[old]
            known = self._answers.get(uuid)
        if known is not None and now - known.at < INTERVAL:
            return known.details
        answer = _Answer(ask(domain, self._odd), now)
        with self._lock:
            self._answers[uuid] = answer
        return answer.details


def ask(
    domain: Any, odd: Callable[[], object] = lambda: None, clock: Callable[[], float] = time.time
) -> Details:
    """Ask the agent of a domain (virDomain) all questions; `clock` gives Unix time."""
    raw: dict[str, Any] = {}
    for question in QUESTIONS:
        raw |= _answer(odd, domain.guestInfo, question, 0) or {}
    began = clock()
    guest = _answer(odd, domain.getTime)
    midway = (began + clock()) / 2
    offset = guest["seconds"] + guest["nseconds"] / 1e9 - midway if guest else None
    return Details.read(raw, offset)


def _answer(odd: Callable[[], object], question: Callable[..., Any], *arguments: Any) -> Any:
    """None if the agent does not know the question, or its answer is not UTF-8."""
    try:
        return question(*arguments)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_AGENT_UNRESPONSIVE:
            raise
        log.debug("a guest agent does not know a question", extra={"reason": str(error)})
        return None
    except UnicodeError:
        odd()
        return None
