"""The body of a remote write (Prometheus' protocol, version 1.0): protobuf in snappy's block format.

Both are written here, because they take a few lines: nothing is compressed, which the format allows.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from forecaster.promql.decoding import without_query
from forecaster.series.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.promql.transport import Answer

HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_STALE = struct.pack("<Q", 0x7FF0000000000002)  # Prometheus' marker, a NaN: the series has ended
_LITERAL = 1 << 16  # bytes of a piece: two bytes of length
_BYTES, _DOUBLE, _VARINT = 2, 1, 0  # wire types
_SAID = 200  # bytes of a receiver's own words in an error


class Written(NamedTuple):
    """A sample of a series: labels with `__name__`, Unix milliseconds, value; None: the series has ended."""

    labels: Mapping[str, str]
    at: int
    value: float | None


def body(samples: Iterable[Written]) -> bytes:
    """The body that writes these samples."""
    return snappy(b"".join(_field(1, _series(each)) for each in samples))


def refused(url: str, answer: Answer) -> str:
    """Why the receiver at `url` did not take what was written, one line; empty if it did."""
    response, said = answer
    if response.is_redirect:
        where = without_query(response.headers["Location"])
        return f"{url} redirects to {where}: set prometheus.remote_write to the final address"
    if 200 <= response.status_code < 300:
        page = said.lstrip().startswith(b"<")
        return f"{url} answers with a web page: check prometheus.remote_write" if page else ""
    text = printable(" ".join(said[:_SAID].decode("utf-8", "replace").split()))
    return f"{url} answered {response.status_code}: {text or 'check prometheus.remote_write'}"


def snappy(data: bytes) -> bytes:
    """The data as literals in snappy's block format."""
    pieces = [_varint(len(data))]
    for start in range(0, len(data), _LITERAL):
        piece = data[start : start + _LITERAL]
        pieces += [b"\xf4", struct.pack("<H", len(piece) - 1), piece]
    return b"".join(pieces)


def _series(sample: Written) -> bytes:
    labels = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode(errors="replace")))
        for name, value in sorted(sample.labels.items())
    )
    value = _STALE if sample.value is None else struct.pack("<d", sample.value)
    point = _tag(1, _DOUBLE) + value + _tag(2, _VARINT) + _varint(sample.at)
    return labels + _field(2, point)


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, _BYTES) + _varint(len(content)) + content


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
