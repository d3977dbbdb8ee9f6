"""Migrations that run: what is left of all passes, at the rates of now."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from forecaster.migration.left import Course, seconds_left
from forecaster.migration.rounds import Link, Memory, expected

MIB = 2.0**20
LINK = Link(bandwidth=10 * MIB, unlimited=100 * MIB, preparation=5.0, handover=0.1)
GUEST = Memory(160 * MIB, dirty=5 * MIB, written=8 * MIB)


def test_what_was_sent_is_done_with_and_so_is_the_preparation() -> None:
    whole = expected(GUEST, replace(LINK, preparation=0.0))
    half = seconds_left(GUEST, LINK, Course(whole.transferred / 2, 10 * MIB))
    assert half == pytest.approx(whole.transferred / 2 / (10 * MIB) + whole.downtime)


def test_rates_of_now_count_where_they_are_known() -> None:
    begun = Course(sent=0.0, rate=20 * MIB)
    assert seconds_left(Memory(160 * MIB), LINK, begun) == pytest.approx(8.0, abs=0.2)
    assert seconds_left(GUEST, LINK, begun._replace(rate=0.0)) > seconds_left(GUEST, LINK, begun)
    assert seconds_left(GUEST, LINK, begun._replace(dirty=60 * MIB)) == math.inf


def test_more_than_was_expected_may_have_been_sent() -> None:
    assert seconds_left(GUEST, LINK, Course(500 * MIB, 10 * MIB)) < 1.0
