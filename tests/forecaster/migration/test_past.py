"""What migrations that ended tell: the model, run backwards."""

from __future__ import annotations

import math

import pytest

from forecaster.migration.past import Past, link_of, written_of
from forecaster.migration.rounds import Link, Memory, expected

MIB = 2.0**20


def past(memory: Memory, rate: float = 20 * MIB, preparation: float = 0.5, handover: float = 0.1) -> Past:
    """The record that a migration of this memory leaves."""
    found = expected(memory, Link(rate, 100 * MIB, preparation, handover))
    sent = found.transferred
    return Past(
        preparation + sent / rate,
        found.downtime,
        sent,
        512 * MIB,
        512 * MIB - memory.touched,
        rate,
        memory.dirty,
    )


def test_pages_of_one_byte_are_not_counted_as_touched() -> None:
    assert past(Memory(200 * MIB)).touched == 200 * MIB
    assert past(Memory(200 * MIB)).preparation == pytest.approx(0.5)


@pytest.mark.parametrize("written", [20.0, 60.0, 100.0])
def test_the_working_set_is_found_by_what_was_transferred(written: float) -> None:
    memory = Memory(300 * MIB, 10 * MIB, written * MIB)
    assert written_of(past(memory), 10 * MIB) == pytest.approx(written * MIB, rel=0.01)


def test_it_is_not_known_if_the_guest_wrote_to_other_pages_all_the_time() -> None:
    assert written_of(past(Memory(300 * MIB, 10 * MIB)), 10 * MIB) == math.inf
    assert written_of(past(Memory(300 * MIB, 10 * MIB, 30 * MIB)), 30 * MIB) == math.inf


def test_a_link_is_as_fast_as_migrations_without_a_limit_were() -> None:
    rates = [90 * MIB, 10 * MIB, 20 * MIB, 110 * MIB, 100 * MIB]
    link = link_of([past(Memory(300 * MIB), rate) for rate in rates])
    assert (link.bandwidth, link.unlimited) == (100 * MIB, 100 * MIB)
    assert link.preparation == pytest.approx(0.5)
    assert link.handover == pytest.approx(0.1)


def test_a_limit_counts_where_it_is_lower() -> None:
    one = [past(Memory(300 * MIB), 100 * MIB)]
    assert link_of(one, 30 * MIB).bandwidth == 30 * MIB
    assert link_of(one, 300 * MIB).bandwidth == 100 * MIB
