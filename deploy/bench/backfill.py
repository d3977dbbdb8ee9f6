"""Months of samples into a back end by remote write.

`promtool tsdb create-blocks-from` reads its text again for each block.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import requests

from forecaster.promql.remote_write import HEADERS, snappy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

AT_ONCE = 50_000  # samples of a request
TRIES, PAUSE_SECONDS = 20, 3.0


def write(
    url: str,
    series: Sequence[Mapping[str, str]],
    times: NDArray[np.int64],
    shapes: NDArray[np.float64],
    span: int,
) -> None:
    """Series `k` gets row k (modulo their number) of `shapes`; `times` in Unix seconds, `span` of them
    for all series after one another: a Prometheus takes samples in their order.
    """
    names = [_name(each) for each in series]
    for start in range(0, len(times), span):
        some = times[start : start + span]
        samples = [_samples(some, row[start : start + span]) for row in shapes]
        size = max(1, AT_ONCE // len(some))
        for first in range(0, len(names), size):
            rows = range(first, min(first + size, len(names)))
            _post(url, b"".join(_field(10, names[row] + samples[row % len(samples)]) for row in rows))


def write_each(
    url: str, rows: Iterable[tuple[Mapping[str, str], NDArray[np.int64], NDArray[np.float64]]]
) -> None:
    """Labels, times and values of each series."""
    message, held = [], 0
    for labels, times, values in rows:
        message.append(_field(10, _name(labels) + _samples(times, values)))
        held += len(times)
        if held >= AT_ONCE:
            _post(url, b"".join(message))
            message, held = [], 0
    if message:
        _post(url, b"".join(message))


def _post(url: str, message: bytes) -> None:
    for attempt in range(TRIES):
        answer = requests.post(f"{url}/api/v1/write", data=snappy(message), headers=HEADERS, timeout=300)
        if answer.ok:
            return
        if answer.status_code < 500 or attempt == TRIES - 1:
            raise SystemExit(f"a remote write was refused: {answer.status_code} {answer.text[:200]}")
        time.sleep(PAUSE_SECONDS)


def _name(labels: Mapping[str, str]) -> bytes:
    return b"".join(map(_label, sorted(labels.items())))


def _label(pair: tuple[str, str]) -> bytes:
    return _field(10, b"".join((_field(10, pair[0].encode()), _field(18, pair[1].encode()))))


def _samples(times: NDArray[np.int64], values: NDArray[np.float64]) -> bytes:
    """All of one length: a value of eight bytes, and the time, milliseconds in six groups of seven bits."""
    rows = np.empty((len(times), 18), np.uint8)
    rows[:, :3], rows[:, 11] = (18, 16, 9), 16
    rows[:, 3:11] = np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(-1, 8)
    groups = 1000 * times[:, None] >> 7 * np.arange(6) & 0x7F
    rows[:, 12:] = groups | np.where(np.arange(6) < 5, 0x80, 0)
    return rows.tobytes()


def _field(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
