"""Whatever a backend answers with 200 is series, or an invalid answer: never anything else."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.promql.decoding import LABELS_MOST, decoded, tracks
from forecaster.promql.results import PromqlError
from forecaster.promql.transport import Answer
from forecaster.series.frame import align, grid

if TYPE_CHECKING:
    from forecaster.series.frame import Frame

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
TIMES = st.integers(0, 900) | st.sampled_from([1e300, -1e300, 10**400, 1e-300, "1", "NaN", None])
VALUES = st.sampled_from(["0.5", "NaN", "+Inf", "1e999", "", "x", 1, None])
SAMPLES = st.tuples(TIMES, VALUES)
LABELS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)
SERIES = st.fixed_dictionaries({"metric": LABELS, "values": st.lists(SAMPLES, min_size=1, max_size=2)})


def answer(series: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": series}}


ANSWERS = ANY | st.builds(answer, ANY | st.lists(SERIES | ANY, max_size=4))
GRID = grid(0, 900, 300)


def frame_of(body: bytes) -> Frame:
    response = requests.Response()
    response.status_code = 200
    found = [
        track
        for field in ("value", "values")
        for track in tracks(decoded("http://p", Answer(response, body)).series, field)[0]
    ]
    return align(found, GRID)


@settings(max_examples=500)
@given(ANSWERS)
def test_any_json_is_series_or_an_invalid_answer(told: Any) -> None:
    with contextlib.suppress(PromqlError):
        frame = frame_of(json.dumps(told).encode())
        assert not np.isinf(frame.values).any()
        assert all(name and value for labels in frame.labels for name, value in labels)
        "".join(text for labels in frame.labels for pair in labels for text in pair).encode()


@given(st.binary())
def test_any_bytes_are_series_or_an_invalid_answer(body: bytes) -> None:
    with contextlib.suppress(PromqlError):
        frame_of(body)


@pytest.mark.parametrize("odd", [{"note": "x" * LABELS_MOST}, {f"l{n}": "v" for n in range(20_000)}])
def test_a_series_with_labels_of_megabytes_is_left_out(odd: dict[str, str]) -> None:
    told = [{"metric": labels, "value": [0, "1"]} for labels in ({"domain": "web"}, odd)]
    found, left_out = tracks(told, "value")
    assert [track.labels for track in found] == [(("domain", "web"),)]
    assert left_out == 1
