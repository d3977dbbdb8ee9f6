"""The samples of a range query's answer, read without an object for each.

Backends write them without spaces: `{"metric":{…},"values":[[1700000100,"0.5"],[1700000400,"0.7"]]}`. What is
written in another way is left to the JSON library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecaster.promql import samples_kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Within a string of JSON there is no quote without a backslash before it: this stands between strings.
_BEGIN, _END, _BETWEEN = b',"values":[', b"]]", b"],["


class Samples(NamedTuple):
    """Of one series: times in Unix seconds and values; (k,) each."""

    times: NDArray[np.float64]
    values: NDArray[np.float64]


def taken_out(body: bytes) -> tuple[bytes, list[Samples]] | None:
    """The text with `null` in the place of each series' samples, and these; None where there are none, or in
    another form.

    >>> text, (samples,) = taken_out(b'[{"metric":{},"values":[[300,"0.5"],[600,"NaN"]]}]')
    >>> text, samples.times.tolist(), samples.values.tolist()
    (b'[{"metric":{},"values":null}]', [300.0, 600.0], [0.5, nan])
    """
    begins, rest, done = [], [], 0
    while (at := body.find(_BEGIN, done)) >= 0:
        begin = at + len(_BEGIN)
        end = body.find(_END, begin)
        if end < 0:
            return None
        begins.append(begin)
        rest += [body[done : begin - 1], b"null"]
        done = end + len(_END)
    most = len(begins) + body.count(_BETWEEN)
    times, values, counts = np.empty(most), np.empty(most), np.zeros(len(begins), np.intp)
    if not begins or not samples_kernel.read(body, np.array(begins, np.intp), times, values, counts):
        return None
    ends = np.cumsum(counts).tolist()
    found = [
        Samples(times[first:last], values[first:last])
        for first, last in zip([0, *ends[:-1]], ends, strict=True)
    ]
    return b"".join([*rest, body[done:]]), found


def put_back(series: Any, samples: Sequence[Samples]) -> bool:
    """Give series, in the order of the text, the samples that were taken out of it; false where these are not
    of series.
    """
    without = [each for each in series if isinstance(each, dict) and each.get("values", 0) is None]
    if len(without) != len(samples):
        return False
    for each, its in zip(without, samples, strict=True):
        each["values"] = its
    return True
