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
    share=True,
)


def test_the_sentence() -> None:
    said = "usually 12 % at this time, now 71 %; rising 3 %/h; strongest sign: the value jumped"
    assert sentence(JUMP) == said


def test_what_is_not_known_is_not_said() -> None:
    young = replace(JUMP, usual=math.nan, trend=0.0, share=False)
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
    ("value", "share", "said"),
    [
        (0.123, True, "12 %"),
        (0.0123, True, "1.2 %"),
        (0.0, True, "0 %"),
        (-0.5, True, "-50 %"),
        (1234.5, False, "1234"),
        (1e-7, False, "1e-07"),
        (math.nan, True, "unknown"),
    ],
)
def test_amounts(value: float, share: bool, said: str) -> None:
    assert amount(value, share=share) == said
