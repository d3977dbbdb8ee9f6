"""Sentences made from figures."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from forecaster.advice.explanation import SIGN_TEXTS, sentence, slow_trend, trend
from forecaster.advice.wording import amount
from forecaster.engine.anomaly import SIGNS
from forecaster.view.rows import Figures

JUMP = Figures(
    value=0.71,
    expected=0.5,
    usual=0.12,
    origin=0.14,
    trend=0.03,
    season=0.02,
    signs=(5.0, 0.3, 0.8, 9.0),
    unit="ratio",
)


def test_the_sentence() -> None:
    said = "usually 12 % at this time, now 71 %; rising 3 %/h; strongest sign: the value jumped"
    assert sentence(JUMP) == said


def test_what_is_not_known_is_not_said() -> None:
    young = replace(JUMP, usual=math.nan, trend=0.0, unit="")
    assert sentence(young) == "expected 0.14, now 0.71; strongest sign: the value jumped"
    assert sentence(replace(young, origin=math.nan)).startswith("expected 0.5, now 0.71;")


@pytest.mark.parametrize(("at", "name"), list(enumerate(SIGNS[:3])))
def test_the_strongest_sign_is_named(at: int, name: str) -> None:
    signs = [0.1, 0.1, 0.1, 7.0]
    signs[at] = 1.2
    assert sentence(replace(JUMP, signs=tuple(signs))).endswith(SIGN_TEXTS[name])
    assert set(SIGN_TEXTS) == set(SIGNS)


@pytest.mark.parametrize(
    ("change", "said"),
    [(0.03, "rising 3 %/h"), (-0.2, "falling 20 %/h"), (0.005, ""), (math.nan, ""), (0.0, "")],
)
def test_a_trend_is_worth_words_where_it_matters(change: float, said: str) -> None:
    assert trend(replace(JUMP, trend=change)) == said


@pytest.mark.parametrize(
    ("change", "said"), [(0.03, "rising 3 %/h"), (-0.005, "falling 12 %/d"), (0.0002, ""), (math.nan, "")]
)
def test_a_slow_trend_is_told_by_the_day(change: float, said: str) -> None:
    assert slow_trend(replace(JUMP, trend=change)) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.123, "ratio", "12 %"),
        (0.0123, "ratio", "1.2 %"),
        (0.0, "ratio", "0 %"),
        (-0.5, "ratio", "-50 %"),
        (1234.5, "", "1234"),
        (1e-7, "", "1e-07"),
        (math.nan, "ratio", "unknown"),
        (0.0, "bytes", "0 B"),
        (1023.4, "bytes", "1023 B"),
        (1023.6, "bytes", "1 KiB"),
        (-1.5 * 2**40, "bytes per second", "-1.5 TiB/s"),
        (1e20, "bytes", "8.882e+04 PiB"),
        (0.25, "seconds", "250 ms"),
        (0.9996, "seconds", "1 s"),
        (3e-7, "seconds", "300 ns"),
        (90.0, "seconds", "90 s"),
        (0.0, "seconds", "0 s"),
        (12.34, "operations per second", "12.34 /s"),
    ],
)
def test_amounts(value: float, unit: str, said: str) -> None:
    assert amount(value, unit) == said
