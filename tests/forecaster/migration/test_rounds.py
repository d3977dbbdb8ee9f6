"""Pre-copy, pass after pass, on cases that can be worked out by hand."""

from __future__ import annotations

import pytest

from forecaster.migration.rounds import Link, Memory, expected

MIB = 2.0**20
LINK = Link(bandwidth=10 * MIB, unlimited=100 * MIB, preparation=0.5, handover=0.1)


def test_an_idle_guest_takes_one_pass() -> None:
    found = expected(Memory(200 * MIB), LINK)
    # 3 MiB may be left for the end: 0.3 s at 10 MiB/s. Half of them are, sent at 100.
    assert (found.converges, found.passes, found.transferred) == (True, 1, 200 * MIB)
    assert found.downtime == pytest.approx(0.015 + 0.1)
    assert found.seconds == pytest.approx(0.5 + 19.85 + 0.115)


def test_each_pass_sends_what_was_written_during_the_one_before() -> None:
    found = expected(Memory(160 * MIB, dirty=5 * MIB), LINK)
    assert found.transferred == pytest.approx((160 + 80 + 40 + 20 + 10 + 5 + 2.5 + 1.25 + 0.625) * MIB)
    assert (found.passes, found.converges) == (9, True)


def test_a_guest_that_writes_to_the_same_pages_sends_them_once_a_pass() -> None:
    found = expected(Memory(160 * MIB, dirty=5 * MIB, written=8 * MIB), LINK)
    # 3 MiB of the 8 may be left for the end.
    assert found.transferred == pytest.approx((160 + 5 + 2.5 + 1.25 + 0.625) * MIB)


def test_a_guest_that_writes_faster_than_the_link_does_not_converge() -> None:
    assert not expected(Memory(160 * MIB, dirty=11 * MIB), LINK).converges
    assert expected(Memory(160 * MIB, dirty=9 * MIB), LINK).converges


def test_it_converges_all_the_same_if_what_it_writes_to_can_be_sent_within_the_downtime() -> None:
    assert expected(Memory(160 * MIB, dirty=50 * MIB, written=3 * MIB), LINK).converges
    assert not expected(Memory(160 * MIB, dirty=50 * MIB, written=4 * MIB), LINK).converges
    assert expected(Memory(160 * MIB, dirty=50 * MIB, written=4 * MIB), LINK, limit=0.5).converges


def test_a_small_guest_moves_during_its_downtime() -> None:
    found = expected(Memory(1 * MIB), LINK)
    assert found.seconds == pytest.approx(0.5 + 0.01 + 0.1)


def test_no_pass_sends_more_than_the_guest_has_touched() -> None:
    assert Memory(10 * MIB, dirty=8 * MIB).dirtied(5.0) == 10 * MIB
