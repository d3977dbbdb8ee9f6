"""Whatever a backend answers with 200 is series, or an invalid answer: never anything else."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.promql.decoding import decoded, tracks
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
TIMES = st.integers(0, 900) | st.floats() | st.sampled_from([10**400, -(10**30), "1", "NaN", None])
VALUES = st.sampled_from(["0.5", "NaN", "+Inf", "1e999", "", "x"]) | ANY
SAMPLES = st.tuples(TIMES, VALUES) | ANY
LABELS = st.dictionaries(st.text(max_size=3), st.text(max_size=3) | ANY, max_size=3) | ANY
SERIES = st.fixed_dictionaries(
    {}, optional={"metric": LABELS, "value": SAMPLES, "values": st.lists(SAMPLES, max_size=4) | ANY}
)
DATA = st.fixed_dictionaries(
    {}, optional={"resultType": ANY | st.just("matrix"), "result": st.lists(SERIES | ANY, max_size=4) | ANY}
)
ANSWERS = st.fixed_dictionaries(
    {"status": st.just("success") | ANY}, optional={"data": DATA | ANY, "warnings": ANY, "isPartial": ANY}
)
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
@given(ANSWERS | ANY)
def test_any_json_is_series_or_an_invalid_answer(answer: Any) -> None:
    with contextlib.suppress(PromqlError):
        frame = frame_of(json.dumps(answer).encode())
        assert not np.isinf(frame.values).any()
        assert all(name and value for labels in frame.labels for name, value in labels)
        "".join(text for labels in frame.labels for pair in labels for text in pair).encode()


@given(st.binary())
def test_any_bytes_are_series_or_an_invalid_answer(body: bytes) -> None:
    with contextlib.suppress(PromqlError):
        frame_of(body)
