r"""The log: one line per message on standard error, as logfmt or JSON, in the fields of Prometheus' programs.

What a message is about goes into `extra`, never into the text:

    log.warning("guest agent is silent", extra={"domain": name})

    time=2031-05-01T10:00:00.000Z level=WARN source=agent.py:41 msg="guest agent is silent" domain="a \"b\""

Every value is escaped, so a name that a guest chose cannot end the line and forge another one.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}

_LONGEST = 4096  # characters of one value
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,;()\[\]-]+")
_SHORT_NAMES = {logging.WARNING: "WARN", logging.CRITICAL: "ERROR"}


def configure_logging(level: str = "info", format: str = "logfmt") -> None:  # noqa: A002 (the flag's name)
    """Log to standard error. `level` is a key of LEVELS, `format` a key of FORMATS."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[format]())
    logging.getLogger("tornado.general").addFilter(_BURST)  # malformed requests, failed TLS handshakes
    logging.basicConfig(level=LEVELS[level], handlers=[handler], force=True)


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
        yield "exc", logging.Formatter().formatException(record.exc_info)


def _shortened(text: str) -> str:
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
