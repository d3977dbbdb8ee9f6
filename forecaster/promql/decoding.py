"""From the JSON of an answer to tracks. What is no series of numbers is left out and counted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import requests

from forecaster.promql.results import PromqlError, Result, failure
from forecaster.promql.samples import Samples, put_back, taken_out
from forecaster.series.frame import Track
from forecaster.series.labels import identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.promql.transport import Answer

# Prometheus' own remarks on a query; the answer is whole.
_REMARK = re.compile(r"PromQL (info|warning)", re.IGNORECASE)


# Characters of a series' labels, a hundred times what is usual: they are written with each of its samples.
LABELS_MOST = 1 << 16


class Decoded(NamedTuple):
    """The kind and the series of an answer, and whether the backend says that it is not whole."""

    kind: str
    series: Sequence[Any]
    warnings: tuple[str, ...]
    partial: bool


def decoded(url: str, answer: Answer) -> Decoded:
    """The answer's data; raises PromqlError for everything that is no successful answer of this API."""
    response, body = answer
    if response.is_redirect:
        where = without_query(response.headers.get("Location", "elsewhere"))
        raise PromqlError(
            Result.NOT_FOUND, f"{url} redirects to {where}: set prometheus.url to the final address"
        )
    told = _told(body)
    if response.status_code != requests.codes.ok or _says_error(told):
        raise failure(url, response, told, body)
    data, series = _result(told)
    if not isinstance(data, dict) or not isinstance(series, list | None):
        start = body[:60].decode("utf-8", "replace")
        raise PromqlError(Result.INVALID, f"{url} is no Prometheus API: its answer begins {start!r}")
    warnings = _texts(told.get("warnings"))
    partial = told.get("isPartial") is True
    if partial:
        warnings = (*warnings, "the answer is partial (isPartial)")
    partial = partial or any(not _REMARK.match(text) for text in warnings)
    return Decoded(str(data.get("resultType")), series or (), warnings, partial)


def _says_error(told: Any) -> bool:
    """A proxy may have made 200 of the status: the answer is an error of this API all the same."""
    return isinstance(told, dict) and told.get("status") == "error" and isinstance(told.get("error"), str)


def _told(body: bytes) -> Any:
    """What the JSON text says, samples as arrays where that can be; None where it is no JSON."""
    quick = taken_out(body)
    if quick is not None:
        told = _json(quick[0])
        if put_back(_result(told)[1] or (), quick[1]):
            return told
    return _json(body)


def _json(body: bytes) -> Any:
    try:
        # A label may be bytes that are no text (VictoriaMetrics): that costs its characters, not the answer.
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def _result(told: Any) -> tuple[Any, Any]:
    """The data of a successful answer, and its series; None where there are none."""
    data = told.get("data") if isinstance(told, dict) and told.get("status") == "success" else None
    return data, data.get("result") if isinstance(data, dict) else None


def names(answer: Answer) -> list[str]:
    """The label names of an answer of /api/v1/labels; none from an answer of another kind."""
    try:
        told = json.loads(answer.body)["data"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return []
    return [each for each in told if isinstance(each, str) and each] if isinstance(told, list) else []


def without_query(address: str) -> str:
    """A login page's address may hold a ticket, or the name of a user."""
    place = address.partition("?")[0].partition("#")[0]
    scheme, mark, rest = place.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"[:200]


def tracks(series: Sequence[Any], field: str) -> tuple[list[Track], int]:
    """The tracks of series whose samples stand in `field`, and how many series were left out.

    Left out is what has no samples of numbers: native histograms, and what is no series at all; and what has
    labels of more than `LABELS_MOST` characters.
    """
    found = [_track(each, field) for each in series]
    kept = [track for track in found if track is not None]
    return kept, len(found) - len(kept)


def _track(series: Any, field: str) -> Track | None:
    try:
        times, values = _samples(series[field] if field == "values" else [series[field]])
        labels = {_name(name): _text(value) for name, value in series["metric"].items()}
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
        return None
    if sum(map(len, labels)) + sum(map(len, labels.values())) > LABELS_MOST or not np.isfinite(times).all():
        return None
    return Track(identity(labels), times, values)


def _samples(points: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(points, Samples):
        return points
    times, values = [float(time) for time, _ in points], [_number(value) for _, value in points]
    return np.array(times), np.array(values)


def _number(value: Any) -> float:
    """A sample's value: the API writes them as strings."""
    if not isinstance(value, str):
        raise TypeError(f"not a sample: {value!r}")
    return float(value)


def _name(name: str) -> str:
    if not name:
        raise ValueError("a label without a name")
    return _text(name)


def _text(value: Any) -> str:
    """A label's name or value; half a surrogate pair is no text, and could be written nowhere."""
    if not isinstance(value, str):
        raise TypeError(f"not a label: {value!r}")
    value.encode()
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in value) if isinstance(value, list) else ()
