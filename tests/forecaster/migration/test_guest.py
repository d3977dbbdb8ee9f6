"""The memory of a guest, from sources that disagree or are missing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from forecaster.migration.guest import EMULATOR, LASTING, WHOLE, Known, memory, touched
from forecaster.migration.past import Past
from forecaster.migration.rounds import Link, Memory, expected

MIB, GIB = 2.0**20, 2.0**30
RATE = 50 * MIB


def past(dirty: float | None, written: float = math.inf, used: float = 0.5 * GIB) -> Past:
    sent = expected(Memory(used, dirty or 0.0, written), Link(RATE, RATE, 0.0, 0.0)).transferred
    return Past(sent / RATE, 0.1, sent, GIB, GIB - used, RATE, dirty)


def test_the_source_that_tells_most_counts_up_to_the_size() -> None:
    known = Known(GIB)
    assert touched(known) == GIB
    assert touched(replace(known, free=0.6 * GIB)) == 0.4 * GIB
    assert touched(replace(known, free=0.6 * GIB, resident=0.7 * GIB + EMULATOR)) == pytest.approx(0.7 * GIB)
    assert touched(replace(known, free=0.6 * GIB, past=(past(0.0),))) == 0.5 * GIB
    assert touched(replace(known, resident=2 * GIB)) == GIB


def test_without_a_dirty_rate_nothing_is_known() -> None:
    assert memory(Known(GIB, free=0.5 * GIB, past=(past(None),))) is None


def test_past_migrations_tell_how_fast_it_writes_and_to_how_much() -> None:
    found = memory(Known(GIB, dirty=9 * MIB, past=(past(10 * MIB, 64 * MIB), past(None))))
    assert found is not None
    assert found.dirty == 10 * MIB
    assert found.written == pytest.approx(64 * MIB, rel=0.01)


def test_a_measurement_adds_little_to_what_a_migration_counted() -> None:
    found = memory(Known(GIB, dirty=12 * MIB, past=(past(10 * MIB),)))
    assert found is not None
    assert found.dirty == pytest.approx(11 * MIB)


def test_another_load_than_at_past_migrations_is_measured() -> None:
    known = Known(GIB, dirty=40 * MIB, past=(past(10 * MIB, 64 * MIB),))
    assert memory(known) == Memory(0.5 * GIB, 40 * MIB)
    assert memory(replace(known, dirty=3 * MIB)) == Memory(0.5 * GIB, 3 * MIB)
    found = memory(replace(known, dirty=0.2 * MIB, past=(past(0.9 * MIB),)))
    assert found == Memory(0.5 * GIB, 0.9 * MIB)


def test_a_long_measurement_tells_to_how_much_it_writes_if_that_is_little() -> None:
    known = Known(GIB, free=0.5 * GIB, dirty=10 * MIB)
    written = LASTING * (3 * MIB + WHOLE / 2)
    assert memory(replace(known, lasting=3 * MIB)) == Memory(0.5 * GIB, 10 * MIB, written)
    assert memory(replace(known, lasting=9 * MIB)) == Memory(0.5 * GIB, 10 * MIB)
