"""One connection to libvirt: opened when it is first needed and again after it broke."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any

import libvirt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Undo = Callable[[], object]

log = logging.getLogger(__name__)

# Seconds, and how many of them: a daemon that does not answer at all is given up after 5 * (2 + 1) s.
KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 5, 2


class Unreachable(Exception):  # noqa: N818 (what it says: libvirt cannot be reached)
    """Libvirt cannot be reached; the message is one line that says what to do."""


class Link:
    """A connection that belongs to one thread; only `opened` may be read by others.

    `on_open(connection)` is called after each opening, for what must be set up anew on each; what it returns
    undoes that when the connection is given up. A connection lives on while a callback is registered on it.
    """

    def __init__(
        self,
        uri: str,
        *,
        read_write: bool = False,
        on_open: Callable[[Any], Iterable[Undo] | None] | None = None,
    ) -> None:
        self.uri = uri
        self.opened = 0
        self._read_write = read_write
        self._on_open = on_open
        self._connection: Any = None
        self._undo: tuple[Undo, ...] = ()

    def get(self) -> Any:
        """The open connection (virConnect). Raises Unreachable."""
        if self._connection is None or not self._connection.isAlive():
            self.close()
            self._connection = self._open()
            self.opened += 1
            if self._on_open is not None:
                self._undo = tuple(self._on_open(self._connection) or ())
        return self._connection

    def is_broken(self) -> bool:
        """Whether there was a connection and it is gone."""
        return self._connection is not None and not self._connection.isAlive()

    def close(self) -> None:
        """Give the connection up; `get` opens another."""
        for undo in self._undo:
            with contextlib.suppress(libvirt.libvirtError):  # a broken one forgets the callback all the same
                undo()
        self._undo, self._connection = (), None

    def _open(self) -> Any:
        start_event_loop()
        try:
            connection = libvirt.open(self.uri) if self._read_write else libvirt.openReadOnly(self.uri)
        except libvirt.libvirtError as error:
            raise Unreachable(advice(self.uri, error, read_write=self._read_write)) from error
        try:
            connection.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
        except libvirt.libvirtError as error:  # drivers without a daemon have nothing to keep alive
            log.debug("no keepalive", extra={"reason": str(error)})
        return connection


_starting = threading.Lock()
_event_loop: threading.Thread | None = None


def start_event_loop() -> None:
    """Run libvirt's event loop in its own thread; must precede the first connection, and does so once."""
    global _event_loop  # noqa: PLW0603 (libvirt has one event loop per process)
    with _starting:
        if _event_loop is None:
            libvirt.registerErrorHandler(_log_error, None)
            libvirt.virEventRegisterDefaultImpl()
            _event_loop = threading.Thread(target=_run_event_loop, name="libvirt-events", daemon=True)
            _event_loop.start()


def _run_event_loop() -> None:
    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError as error:
            log.warning("libvirt's event loop failed once", extra={"reason": str(error)})


def _log_error(_context: None, error: tuple[Any, ...]) -> None:
    """Libvirt prints errors to stderr unless told otherwise; every one of them is raised as well."""
    log.debug("libvirt reported an error", extra={"reason": str(error[2])})


# What libvirt says (parts of its messages), and what to do about it.
_ADVICE = (
    ("permission denied", "run as root or as a member of the group that owns the socket (libvirt)"),
    ("authentication", "allow the user org.libvirt.unix.monitor in polkit, or add it to the group libvirt"),
    ("no such file", "is libvirtd (or virtqemud) running here, and is --libvirt.uri right?"),
    ("connection refused", "the socket is there but no daemon behind it: start libvirtd (or virtqemud)"),
    ("no connection driver", "--libvirt.uri names no driver this libvirt has; try qemu:///system"),
)  # fmt: skip
_ADVICE_READ_WRITE = "run as root or a member of the group libvirt, or leave --libvirt.read-write out"


def advice(uri: str, error: Exception, *, read_write: bool = False) -> str:
    """One line for the log: what failed, and what can be done about it."""
    reason = " ".join(str(error).split())
    found = next((text for part, text in _ADVICE if part in reason.lower()), "check --libvirt.uri")
    if read_write and found in (_ADVICE[0][1], _ADVICE[1][1]):
        found = _ADVICE_READ_WRITE
    return f"cannot open libvirt at {uri}: {reason}; {found}"
