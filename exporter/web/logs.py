r"""The log: one line per message on standard error, as logfmt or JSON, in the fields of Prometheus' programs.

What a message is about goes into `extra`, never into the text:

    log.warning("guest agent is silent", extra={"domain": name})

    time=2031-05-01T10:00:00.000Z level=WARN source=agent.py:41 msg="guest agent is silent" domain="a \"b\""

Every value is escaped, so a name that a guest chose cannot end the line and forge another one. Of an
exception the log has the types and the places, at every level: its text may hold data, a password for
example. What `hide` was told is written as <secret>.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}

_LONGEST = 4096  # characters of one value
_MOST_CAUSES, _MOST_FRAMES = 4, 30
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,;()\[\]-]+")
_LEAST_HIDDEN = 4  # characters: hiding shorter texts would make the log unreadable and tell what they are
_MOST_HIDDEN = 200  # texts, the latest ones: tokens are renewed
_hidden: dict[str, None] = {}
_SHORT_NAMES = {logging.WARNING: "WARN", logging.CRITICAL: "ERROR"}


def configure_logging(level: str = "info", format: str = "logfmt") -> None:  # noqa: A002 (the flag's name)
    """Log to standard error. `level` is a key of LEVELS, `format` a key of FORMATS."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[format]())
    logging.getLogger("tornado.general").addFilter(_BURST)  # malformed requests, failed TLS handshakes
    logging.basicConfig(level=LEVELS[level], handlers=[handler], force=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def hide(*secrets: str) -> None:
    """Write these texts as <secret> in all lines from now on."""
    global _hidden  # noqa: PLW0603 (a process has one log)
    known = _hidden | dict.fromkeys(text for text in secrets if len(text) >= _LEAST_HIDDEN)
    _hidden = dict.fromkeys(list(known)[-_MOST_HIDDEN:])  # replaced, not changed: other threads read it


def places(error: BaseException) -> str:
    """The types of an exception and its causes, and where they were raised; without any text of theirs."""
    told: list[str] = []
    following: BaseException | None = error
    while following is not None and len(told) < _MOST_CAUSES:
        frames = traceback.extract_tb(following.__traceback__)[-_MOST_FRAMES:]
        where = " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
        told.append(f"{type(following).__name__}{f' at {where}' if where else ''}")
        suppressed = None if following.__suppress_context__ else following.__context__
        following = following.__cause__ or suppressed
    return "; after ".join(told)


class Burst(logging.Filter):
    """Limits messages that clients can cause: each place in the code logs at most `most` lines in `seconds`.

    The first line afterwards has the field `suppressed`: how many were dropped. Debug messages always pass.
    """

    def __init__(self, most: int = 20, seconds: float = 10.0) -> None:
        super().__init__()
        self._most, self._seconds = most, seconds
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.DEBUG:
            return True
        place = record.pathname, record.lineno
        since, count = self._seen.get(place, (record.created, 0))
        if record.created - since >= self._seconds:
            if count > self._most:
                record.suppressed = count - self._most
            since, count = record.created, 0
        self._seen[place] = since, count + 1
        return count < self._most


class Logfmt(logging.Formatter):
    """time=… level=… source=… msg=… key=value …"""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{_key(name)}={_quoted(value)}" for name, value in _fields(record))


class Json(logging.Formatter):
    """The same fields as one JSON object, all in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(dict(_fields(record)))


_BURST = Burst()
FORMATS: dict[str, type[logging.Formatter]] = {"logfmt": Logfmt, "json": Json}


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    yield "time", f"{seconds}.{int(record.msecs):03d}Z"
    yield "level", _SHORT_NAMES.get(record.levelno, record.levelname)
    yield "source", f"{record.filename}:{record.lineno}"
    yield "msg", _shortened(record.getMessage())
    for name, value in vars(record).items():
        if name not in _STANDARD:
            yield name, _shortened(str(value))
    if record.exc_info:
        yield "exc", places(record.exc_info[1]) if record.exc_info[1] else ""


def _uncaught(kind: type[BaseException], error: BaseException | None, frames: TracebackType | None) -> None:
    """Log an exception that nothing caught, as every other."""
    if issubclass(kind, KeyboardInterrupt | SystemExit) or error is None:
        return
    logging.getLogger(__name__).critical("unexpected exception", exc_info=(kind, error, frames))


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-2:])


def _shortened(text: str) -> str:
    for secret in _hidden:
        text = text.replace(secret, "<secret>")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", name)


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    # Apart from control characters, line separators and marks that reverse the text are not printable either.
    return character if character.isprintable() else json.dumps(character)[1:-1]
