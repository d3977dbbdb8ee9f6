"""A connection to libvirt: opened when it is first needed, and again after it broke."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import libvirt

from exporter import descriptors
from exporter import uri as uris
from exporter.source.opening import Opening, Silent
from exporter.web.logs import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Undo = Callable[[], object]

log = logging.getLogger(__name__)

# Seconds, and number of probes: a daemon that does not answer is given up after 5 * (2 + 1) s.
KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 5, 2
SILENT = "something takes the connection and does not speak: check the daemon there and what is on the way"
PAUSE = 0.1  # seconds after a failure of the event loop, which may last


class Unreachable(Exception):  # noqa: N818 (a state, not a mistake)
    """libvirt cannot be reached; the message is one line that says what to do.

    `what` failed, and what `mends` it, are its parts.
    """

    def __init__(self, what: str, mends: str = "") -> None:
        super().__init__(f"{what}; {mends}" if mends else what)
        self.what, self.mends = what, mends


class Link:
    """A connection, which several threads may use. `opened` is the number of times it was opened.

    `on_open(connection)` is called whenever the connection was opened, and returns what undoes it when the
    connection is closed: libvirt keeps a connection open while a callback is registered on it.
    """

    def __init__(
        self,
        uri: str,
        *,
        read_write: bool = False,
        on_open: Callable[[Any], Iterable[Undo] | None] | None = None,
    ) -> None:
        self.uri = uri
        hide(*uris.secrets(uri))  # libvirt's messages may repeat parts of the URI
        self.opened = 0
        self._read_write = read_write
        self._on_open = on_open
        self._opening = threading.Lock()
        self._calls = Opening(partial(_dial, uri, read_write=read_write))
        self._closed = False
        self._connection: Any = None
        self._undo: tuple[Undo, ...] = ()

    def get(self) -> Any:
        """The open connection (virConnect). Raises Unreachable."""
        with self._opening:
            if self._closed:
                raise Unreachable("this libvirt is not read any more")
            if self._connection is None or not self._connection.isAlive():
                self._give_up()
                self._connection = self._open()
                self.opened += 1
                if self._on_open is not None:
                    self._undo = tuple(self._on_open(self._connection) or ())
            return self._connection

    @contextlib.contextmanager
    def use(self) -> Iterator[Any]:
        """The open connection (virConnect), for a block. Raises Unreachable."""
        yield self.get()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as it is known."""
        return self._connection is not None and bool(self._connection.isAlive())

    def is_broken(self, connection: Any) -> bool:
        """Whether a connection that `get` returned is lost."""
        return not connection.isAlive()

    def release(self) -> None:
        """Close the connection, once all calls over it have ended; `get` opens another."""
        with self._opening:
            self._give_up()

    def close(self) -> None:
        """The same, for good."""
        with self._opening:
            self._closed = True
            self._give_up()

    def _give_up(self) -> None:
        for undo in self._undo:
            with contextlib.suppress(libvirt.libvirtError):  # a broken connection forgets callbacks
                undo()
        self._undo, self._connection = (), None

    def _open(self) -> Any:
        start_event_loop()
        if descriptors.left() < descriptors.SPARE:
            raise Unreachable(f"cannot open libvirt: {descriptors.TOO_FEW}")
        try:
            return self._calls.open()
        except libvirt.libvirtError as error:
            raise refused(self.uri, error, read_write=self._read_write) from error
        except Silent as error:
            raise Unreachable(f"cannot open libvirt at {uris.shown(self.uri)}: {error}", SILENT) from error


def _dial(uri: str, *, read_write: bool) -> Any:
    """A connection that is kept alive (virConnect)."""
    connection = libvirt.open(uri) if read_write else libvirt.openReadOnly(uri)
    try:
        connection.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
    except libvirt.libvirtError as error:  # drivers without a daemon lack it
        log.debug("no keepalive", extra={"reason": str(error)})
    return connection


_starting = threading.Lock()
_event_loop: threading.Thread | None = None


def start_event_loop() -> None:
    """Run libvirt's event loop in a thread, once; it must start before the first connection is opened."""
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
        except Exception as error:  # noqa: BLE001 (without this loop no connection is kept alive)
            log.warning("libvirt's event loop failed", extra={"reason": str(error)})
            time.sleep(PAUSE)


def _log_error(_context: None, error: tuple[Any, ...]) -> None:
    """Without a handler libvirt writes errors to stderr; all of them are raised as well."""
    log.debug("libvirt reported an error", extra={"reason": str(error[2])})


# Parts of libvirt's messages, and what to do about each.
_ADVICE = (
    ("permission denied", "run as root or as a member of the group that owns the socket (libvirt)"),
    ("authentication", "allow the user org.libvirt.unix.monitor in polkit, or add it to the group libvirt"),
    ("no such file", "check that libvirtd (or virtqemud) is running and that --libvirt.uri is right"),
    ("connection refused", "the socket exists but no daemon listens on it: start libvirtd (or virtqemud)"),
    ("no connection driver", "this libvirt has no driver for --libvirt.uri; try qemu:///system"),
)  # fmt: skip
_ADVICE_READ_WRITE = (
    "put its user in the group libvirt (usermod -aG libvirt virtcast-exporter) and start the exporter again, "
    "or leave out --libvirt.read-write"
)


def refused(uri: str, error: Exception, *, read_write: bool = False) -> Unreachable:
    """What failed, and what to do about it."""
    reason = " ".join(uris.masked(str(error), uri).split())
    found = next((text for part, text in _ADVICE if part in reason.lower()), "check --libvirt.uri")
    if read_write and found in (_ADVICE[0][1], _ADVICE[1][1]) and not urlsplit(uri).hostname:
        found = _ADVICE_READ_WRITE
    return Unreachable(f"cannot open libvirt at {uris.shown(uri)}: {reason}", found)
