"""Samples read in bulk are those that the JSON library reads, or are left to it."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.promql import samples, samples_kernel
from forecaster.promql.decoding import decoded, tracks
from forecaster.promql.transport import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(0, 1).map("{:.17g}".format),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(str),
    st.integers(-(10**25), 10**25).map(str),
    st.from_regex(r"[+-]?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    st.sampled_from(["NaN", "+Inf", "-Inf", "Inf", "0", "-0", "1e999", "1e-999", "9007199254740993"]),
)
NONE = st.sampled_from(
    ["", "x", "1_0", "Infinity", "+", ".", "1.", ".5", "1e", "0x10", " 1", "nan", "N", "--1"]
)
TIMES = st.integers(-3, 2**40) | st.floats(0, 2e9)
LABELS = st.dictionaries(
    st.text(max_size=9), st.text(max_size=9) | st.just(',"values":[[1,"2"]]'), max_size=3
)


def interpreted() -> ModuleType:
    """The kernel as Python runs its source."""
    path = Path(samples.__file__).with_name("samples_kernel.py")
    spec = spec_from_file_location("samples_kernel_interpreted", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(kernel: Any, numbers: Sequence[str]) -> list[float] | None:
    text = ",".join(f'[{at},"{number}"]' for at, number in enumerate(numbers)).encode() + b"]"
    times, values, counts = np.empty(len(numbers)), np.empty(len(numbers)), np.zeros(1, np.intp)
    if not kernel.read(text, np.zeros(1, np.intp), times, values, counts):
        return None
    assert times.tolist() == list(range(len(numbers)))
    assert counts.tolist() == [len(numbers)]
    found: list[float] = values.tolist()
    return found


@settings(max_examples=500)
@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_a_number_is_the_double_next_to_it(numbers: list[str]) -> None:
    np.testing.assert_array_equal(read(samples_kernel, numbers), [float(each) for each in numbers])


@given(st.lists(NUMBERS | NONE, min_size=1, max_size=4))
def test_interpreted_it_reads_the_same(numbers: list[str]) -> None:
    assert repr(read(samples_kernel, numbers)) == repr(read(interpreted(), numbers))


@given(NUMBERS, NONE)
def test_what_is_no_number_is_left_to_the_json_library(number: str, other: str) -> None:
    assert read(samples_kernel, [number, other]) is None


def series_of(body: bytes) -> list[Any]:
    response = requests.Response()
    response.status_code = 200
    found, left_out = tracks(decoded("http://p", Answer(response, body)).series, "values")
    return [left_out, *((track.labels, track.times.tolist(), repr(track.values.tolist())) for track in found)]


ROWS = st.fixed_dictionaries(
    {"metric": LABELS, "values": st.lists(st.tuples(TIMES, NUMBERS | NONE), max_size=3)},
    optional={"histograms": st.just([]), "more": LABELS},
)


@settings(max_examples=500)
@given(st.lists(ROWS | st.fixed_dictionaries({"metric": LABELS, "values": st.none()}), max_size=4))
def test_an_answer_in_the_backends_form_is_read_like_any_other(rows: list[dict[str, Any]]) -> None:
    told = {"status": "success", "data": {"resultType": "matrix", "result": rows}}
    compact = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    assert series_of(compact.encode("utf-8", "replace")) == series_of(
        json.dumps(told).encode("utf-8", "replace")
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"metric":{},"values":[[1,"2"]',
        b'{"metric":{},"values":[]}]]',
        b'{"metric":{},"values":[[1,2]]}',
        b'{"metric":{},"values":[[1,"2"],]]}',
        b'{"metric":{},"values":[[1,"2"] ,[3,"4"]]}',
        b'{"metric":{},"values":["a]]',
        b'{"values":[[1,"2"]]}',
        b"",
    ],
)
def test_text_of_another_form_is_not_touched(body: bytes) -> None:
    assert samples.taken_out(body) is None


def test_samples_that_are_of_no_series_are_read_as_they_stand() -> None:
    rows = '[{"metric":{},"values":null},{"metric":{},"values":[[1,"2"]]}]'
    body = f'{{"status":"success","data":{{"resultType":"matrix","result":{rows}}}}}'.encode()
    assert series_of(body) == [1, ((), [1.0], "[2.0]")]
