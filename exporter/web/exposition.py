"""The page of metrics: OpenMetrics if the reader prefers it, else the text format.

The gauges, counters and histograms of `exporter.metric` are written here, in a seventh of the time that
prometheus_client takes for OpenMetrics: writing is much of the work of a scrape. prometheus_client writes the
other families.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, cast

from prometheus_client import exposition as text_format
from prometheus_client.openmetrics import exposition as openmetrics

from exporter.web.message import Response
from exporter.web.negotiation import quality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client.core import Metric as Family

_KINDS = frozenset(("counter", "gauge", "histogram"))
_SPECIAL = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
_END = b"# EOF\n"
_VARY = {"Vary": "Accept"}
# Because of the interpreter lock, writing several pages at once is no faster; it takes the memory of all of
# them and delays the event loop.
_ONE_AT_A_TIME = threading.Lock()


class Format(NamedTuple):
    """A format that a reader can ask for: what a page depends on, apart from its samples."""

    openmetrics: bool = False


def negotiated(accept: str) -> Format:
    """The format that an Accept header prefers."""
    wish = quality(accept, "application/openmetrics-text")
    return Format(openmetrics=wish > 0 and wish >= quality(accept, "text/plain"))


def exposition(families: Iterable[Family], accept: str) -> Response:
    """All families, in the format that the request's Accept header prefers."""
    return page(families, negotiated(accept))


def page(families: Iterable[Family], form: Format) -> Response:
    """All families in a format."""
    if form.openmetrics:
        body = _encoded(families, for_openmetrics=True) + _END
        return Response(body, openmetrics.CONTENT_TYPE_LATEST, headers=_VARY)
    body = _encoded(families, for_openmetrics=False)
    return Response(body, text_format.CONTENT_TYPE_PLAIN_0_0_4, headers=_VARY)


class _Labels:
    """Labels in braces; those that many samples share are written once.

    For one page only: a dictionary is identified by its address, which is unique while the samples live.
    """

    def __init__(self) -> None:
        self._written: dict[int, str] = {}
        self._escaped: dict[str, str] = {}

    def write(self, labels: Mapping[str, str]) -> str:
        written = self._written.get(id(labels))
        if written is None:
            pairs = ",".join([f'{name}="{self._escape(value)}"' for name, value in labels.items()])
            written = self._written[id(labels)] = f"{{{pairs}}}" if pairs else ""
        return written

    def _escape(self, value: str) -> str:
        escaped = self._escaped.get(value)
        if escaped is None:
            escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
            self._escaped[value] = escaped
        return escaped


def _encoded(families: Iterable[Family], *, for_openmetrics: bool) -> bytes:
    collected = list(families)  # this may wait for others; what follows does not
    with _ONE_AT_A_TIME:
        parts: list[str] = []
        labels = _Labels()
        for family in collected:
            if _is_plain(family):
                parts += _head(family, for_openmetrics=for_openmetrics)
                parts += _lines(family, labels)
            else:
                parts.append(_by_client_library(family, for_openmetrics=for_openmetrics))
        return "".join(parts).encode(errors="replace")


def _is_plain(family: Family) -> bool:
    if family.type not in _KINDS or family.unit:
        return False
    return all(
        timestamp is None and exemplar is None and native is None and not name.endswith("_created")
        for name, _labels, _value, timestamp, exemplar, native in family.samples
    )


def _head(family: Family, *, for_openmetrics: bool) -> Iterator[str]:
    """HELP and TYPE; the text format names a counter as its samples are named, OpenMetrics does not."""
    name, help_text = family.name, family.documentation.replace("\\", r"\\").replace("\n", r"\n")
    if for_openmetrics:
        help_text = help_text.replace('"', r"\"")
    elif family.type == "counter":
        name += "_total"
    yield f"# HELP {name} {help_text}\n# TYPE {name} {family.type}\n"


def _lines(family: Family, written: _Labels) -> Iterator[str]:
    for name, labels, value, *_rest in family.samples:
        number = repr(float(value))
        yield f"{name}{written.write(labels)} {_SPECIAL.get(number, number)}\n"


class _One:
    """A registry of one family, for prometheus_client."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> list[Family]:
        return [self._family]


def _by_client_library(family: Family, *, for_openmetrics: bool) -> str:
    write = openmetrics.generate_latest if for_openmetrics else text_format.generate_latest
    written = cast("Callable[[_One], bytes]", write)(_One(family))
    return written.removesuffix(_END).decode()
