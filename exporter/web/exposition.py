"""The page of metrics: OpenMetrics if the reader prefers it, else the text format.

Families are gauges, counters and histograms, without times and exemplars. Writing them here takes a seventh
of the time that prometheus_client takes for OpenMetrics, and is much of the work of a scrape.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from exporter.web.label_names import Escaping, escaped, quoted, quoted_value
from exporter.web.message import Response
from exporter.web.negotiation import Choice, best

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from prometheus_client.core import Metric as Family

_SPECIAL = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
_OPENMETRICS, _TEXT = "application/openmetrics-text", "text/plain"
_END = b"# EOF\n"
_VARY = {"Vary": "Accept"}
# Because of the interpreter lock, writing several pages at once is no faster; it takes the memory of all of
# them and delays the event loop.
_ONE_AT_A_TIME = threading.Lock()


class Format(NamedTuple):
    """A format that a reader can ask for: what a page depends on, apart from its samples.

    `escaping` is None where the reader named none: then names are escaped with underscores.
    """

    openmetrics: bool = False
    version: str = "0.0.4"
    escaping: Escaping | None = None

    @property
    def names(self) -> Escaping:
        """How label names outside the classic alphabet are written."""
        return self.escaping or Escaping.UNDERSCORES

    @property
    def content_type(self) -> str:
        """The Content-Type of a page."""
        name = _OPENMETRICS if self.openmetrics else _TEXT
        scheme = f"; escaping={self.escaping}" if self.escaping else ""
        return f"{name}; version={self.version}; charset=utf-8{scheme}"


def negotiated(accept: str) -> Format:
    """The format that an Accept header prefers."""
    wish, text = best(accept, _OPENMETRICS), best(accept, _TEXT)
    if wish.quality > 0 and wish.quality >= text.quality:
        return Format(openmetrics=True, version="1.0.0", escaping=_escaping(wish))
    escaping = _escaping(text if text.quality > 0 else best(accept, "*/*"))
    version = "1.0.0" if escaping and text.parameters.get("version") == "1.0.0" else Format().version
    return Format(version=version, escaping=escaping)


def exposition(families: Iterable[Family], accept: str) -> Response:
    """All families, in the format that the request's Accept header prefers."""
    return page(families, negotiated(accept))


def page(families: Iterable[Family], form: Format) -> Response:
    """All families in a format."""
    return Response(_encoded(families, form), form.content_type, headers=_VARY)


def _escaping(choice: Choice) -> Escaping | None:
    scheme = choice.parameters.get("escaping", "").strip('"')
    return Escaping(scheme) if scheme in frozenset(Escaping) else None


class _Labels:
    """Labels in braces; those that many samples share are written once.

    For one page only: a dictionary is identified by its address, which is unique while the samples live.
    """

    def __init__(self, escaping: Escaping) -> None:
        self._escaping = escaping
        self._written: dict[int, str] = {}
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def write(self, labels: Mapping[str, str]) -> str:
        written = self._written.get(id(labels))
        if written is None:
            pairs = ",".join([f'{self._name(name)}="{self._value(text)}"' for name, text in labels.items()])
            written = self._written[id(labels)] = f"{{{pairs}}}" if pairs else ""
        return written

    def _name(self, name: str) -> str:
        written = self._names.get(name)
        if written is None:
            written = self._names[name] = quoted(escaped(name, self._escaping))
        return written

    def _value(self, text: str) -> str:
        written = self._values.get(text)
        if written is None:
            written = self._values[text] = quoted_value(text)
        return written


def _encoded(families: Iterable[Family], form: Format) -> bytes:
    collected = list(families)  # this may wait for others; what follows does not
    with _ONE_AT_A_TIME:
        parts: list[str] = []
        labels = _Labels(form.names)
        for family in collected:
            parts += _head(family, for_openmetrics=form.openmetrics)
            parts += _lines(family, labels)
        end = _END if form.openmetrics else b""
        return "".join(parts).encode(errors="replace") + end


def _head(family: Family, *, for_openmetrics: bool) -> Iterator[str]:
    """HELP and TYPE; the text format names a counter as its samples are named, OpenMetrics does not."""
    name, help_text = family.name, family.documentation.replace("\\", r"\\").replace("\n", r"\n")
    if for_openmetrics:
        help_text = help_text.replace('"', r"\"")
    elif family.type == "counter":
        name += "_total"
    yield f"# HELP {name} {help_text}\n# TYPE {name} {family.type}\n"


def _lines(family: Family, written: _Labels) -> Iterator[str]:
    for name, labels, value, *_ in family.samples:
        number = repr(float(value))
        yield f"{name}{written.write(labels)} {_SPECIAL.get(number, number)}\n"
