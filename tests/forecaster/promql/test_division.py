"""How a query's parts are learned, put together, remembered and forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pytest

from fake_time import FakeTime
from forecaster.promql.division import FILL, REMEMBER_SECONDS, Division
from forecaster.promql.parts import WHOLE, Condition, Part
from forecaster.promql.results import PromqlError, Result
from forecaster.series.frame import Track

NAMES = [f"vm-{number**2:04}" for number in range(64)]


@dataclass
class Backend:
    """Answers for at most `accepts` of the names; what it was asked."""

    names: list[str]
    accepts: int = 10
    result: Result = Result.SERVER_ERROR
    asked: list[Part] = field(default_factory=list)

    def __call__(self, part: Part, _known: bool) -> list[Track]:
        self.asked.append(part)
        found = [name for name in self.names if all(holds(condition, name) for condition in part)]
        if len(found) > self.accepts:
            raise PromqlError(self.result, "no")
        return [Track((("domain", name),), np.zeros(1), np.zeros(1)) for name in found]


def holds(condition: tuple[Condition, bool], name: str) -> bool:
    value = name if condition[0].label == "domain" else ""
    return (re.fullmatch(condition[0].pattern, value) is not None) == condition[1]


def names_of(found: dict[Part, list[Track]]) -> list[str]:
    return sorted(track.labels[0][1] for tracks in found.values() for track in tracks)


@pytest.fixture
def division(fake_time: FakeTime) -> Division:
    return Division(lambda: ["pool", "domain"], fake_time)


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


def test_a_query_is_whole_until_it_is_refused(division: Division) -> None:
    backend = Backend(NAMES, accepts=64)
    assert names_of(division.read(division.parts, backend)) == NAMES
    assert (division.parts, backend.asked) == ([WHOLE], [WHOLE])


def test_parts_are_learned_and_small_ones_put_together(division: Division) -> None:
    backend = Backend(NAMES)
    assert names_of(division.read(division.parts, backend)) == NAMES
    learned, backend.asked = division.parts, []
    assert names_of(division.read(learned, backend)) == NAMES
    assert backend.asked == learned
    counts = {part: len(tracks) for part, tracks in division.read(learned, backend).items()}
    assert sum(counts.values()) == len(NAMES)
    for part, count in counts.items():
        sibling = (*part[:-1], (part[-1][0], not part[-1][1]))
        assert count + counts.get(sibling, len(NAMES)) > FILL * max(counts.values())
    assert {condition.label for part in learned for condition, _ in part} == {"domain"}, "pool told nothing"


def test_the_whole_is_tried_again_after_an_hour(division: Division, fake_time: FakeTime) -> None:
    backend = Backend(NAMES)
    division.read(division.parts, backend)
    learned, backend.asked = division.parts, []
    fake_time.now += REMEMBER_SECONDS
    assert names_of(division.read(division.parts, backend)) == NAMES
    assert backend.asked[0] == WHOLE
    assert backend.asked[2:] == learned, "after the whole and nothing, what was learned"
    fake_time.now += REMEMBER_SECONDS
    backend.accepts = 64
    division.read(division.parts, backend)
    assert division.parts == [WHOLE]


def test_a_part_that_was_just_refused_is_not_asked_for_again(division: Division) -> None:
    backend = Backend(NAMES)
    found = division.read([WHOLE], backend, PromqlError(Result.SERVER_ERROR, "no"))
    assert names_of(found) == NAMES
    assert WHOLE not in backend.asked


def test_a_timeout_is_not_divided(division: Division) -> None:
    backend = Backend(NAMES, result=Result.TIMEOUT)
    with pytest.raises(PromqlError):
        division.read(division.parts, backend)
    assert backend.asked == [WHOLE]


def test_a_query_that_is_refused_for_nothing_stands_as_it_is(division: Division) -> None:
    backend = Backend(NAMES, accepts=-1)
    with pytest.raises(PromqlError):
        division.read(division.parts, backend)
    assert len(backend.asked) == 2
    assert division.parts == [WHOLE]
