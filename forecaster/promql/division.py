"""Into which parts a query's series are divided, learned from what the backend refused."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from forecaster.promql.parts import LABELS, WHOLE, Condition, Part, conditions, nothing
from forecaster.promql.results import DIVIDED, PromqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from forecaster.series.frame import Track

    Ask = Callable[[Part, bool], list[Track]]

REMEMBER_SECONDS = 3600  # then the whole is tried again: the refusal may have been load
# Requests in a row that gave no series, then dividing is given up. Twenty halvings part a million series, and
# as many conditions may tell none apart.
MOST_FRUITLESS = 40
# Parts are put together up to this share of the largest answer so far: series come, and a window of history
# has more of them than its last instant.
FILL = 0.75


class Candidates:
    """Conditions that are not in use yet: those of one label, until one of them tells nothing apart."""

    def __init__(self, labels: Callable[[], Sequence[str]]) -> None:
        self._labels = labels
        self._left: deque[Iterator[Condition]] | None = None  # nobody has asked yet

    def take(self) -> Condition | None:
        """The next one; None when all are in use."""
        if self._left is None:
            self._left = deque(conditions(label) for label in self._labels())
        while self._left:
            if condition := next(self._left[0], None):
                return condition
            self._left.popleft()
        return None

    def other_label(self) -> None:
        """Go on with the next label; this one's turn comes again."""
        if self._left:
            self._left.rotate(-1)


class Division:
    """The parts of one query. `labels` gives the labels that may tell its series apart, the best first."""

    def __init__(
        self, labels: Callable[[], Sequence[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.conditions: list[Condition] = []  # each one halves what those before it left
        self.candidates = Candidates(labels)
        self._clock = clock
        self._until = -float("inf")
        self._leaves: dict[Part, int] = {}  # and how many series each had
        self._largest = 0  # series of an answer

    @property
    def parts(self) -> list[Part]:
        """Those to ask for."""
        return list(self._leaves) if self._clock() < self._until else [WHOLE]

    def read(
        self, parts: Sequence[Part], ask: Ask, refused: PromqlError | None = None
    ) -> dict[Part, list[Track]]:
        """The series of some of the parts; those that the backend refuses are divided until it does not.

        `ask(part, known)` gives a part's series; `known` says that it is no half of one that was refused in
        this reading. With `refused`, the first of the parts has just been asked for. Raises the PromqlError
        of a part that cannot be divided.
        """
        found = _Reading(self, ask).run(parts, refused)
        if list(found) != list(parts):
            self._learn(parts, {part: len(tracks) for part, tracks in found.items()})
        return found

    def below(self, part: Part) -> list[Part]:
        """What a part was divided into earlier."""
        return [leaf for leaf in self._leaves if leaf != part and leaf[: len(part)] == part]

    def finer(self, part: Part) -> tuple[Part, ...]:
        """The halves of a part by the next of the conditions in use; empty where it has them all."""
        at = self.conditions.index(part[-1][0]) + 1 if part else 0
        return _halves(part, self.conditions[at]) if at < len(self.conditions) else ()

    def _learn(self, parts: Sequence[Part], found: Mapping[Part, int]) -> None:
        """Remember the division; sibling parts that are small are one again."""
        kept = [] if WHOLE in parts else [each for each in self._leaves.items() if each[0] not in parts]
        self._largest = max(self._largest, *found.values())
        self._leaves = _together({**dict(kept), **found}, FILL * self._largest)
        self._until = self._clock() + REMEMBER_SECONDS


class _Reading:
    """One run over some parts of a division: what is left to ask for, and what was found."""

    def __init__(self, division: Division, ask: Ask) -> None:
        self._division = division
        self._ask = ask
        self._todo: list[Part] = []  # the next one last
        self._known: set[Part] = set()  # to be asked for as they are
        self._found: dict[Part, list[Track]] = {}
        self._trial: Part | None = None  # the first part that has the newest condition
        self._fruitless = 0

    def run(self, parts: Sequence[Part], refused: PromqlError | None) -> dict[Part, list[Track]]:
        """The series of each part that was accepted."""
        self._add(parts)
        if refused is not None:
            self._refused(self._todo.pop(), refused)
        while self._todo:
            part = self._todo.pop()
            if part not in self._known and (halves := self._division.finer(part)):
                self._todo += reversed(halves)  # its like was refused
                continue
            try:
                tracks = self._ask(part, part in self._known)
            except PromqlError as error:
                self._refused(part, error)
            else:
                self._answered(part, tracks)
        return self._found

    def _add(self, parts: Sequence[Part]) -> None:
        self._todo += reversed(parts)
        self._known |= set(parts)

    def _refused(self, part: Part, error: PromqlError) -> None:
        if error.result not in DIVIDED:
            raise error
        if not self._found and not self._fruitless:
            self._check(error)
        self._error = error
        if below := self._division.below(part):
            self._add(below)
        else:
            self._halve(part)

    def _check(self, error: PromqlError) -> None:
        """A query that is refused for no series at all is refused for what it is."""
        try:
            self._ask(nothing(LABELS[0]), False)
        except PromqlError:
            raise error from None

    def _halve(self, part: Part) -> None:
        """Divide a part by the next condition in use, or by a new one."""
        self._fruitless += 1
        halves = self._division.finer(part)
        if not halves:
            condition = self._division.candidates.take()
            if condition is None or self._fruitless > MOST_FRUITLESS:
                raise self._error
            self._division.conditions.append(condition)
            halves = _halves(part, condition)
            self._trial = halves[0]
        self._todo += reversed(halves)

    def _answered(self, part: Part, tracks: list[Track]) -> None:
        if part == self._trial and not tracks:  # the other half is all of what was refused
            self._todo.pop()
            self._division.conditions.pop()
            self._division.candidates.other_label()
            self._halve(part[:-1])
            return
        if tracks:
            self._fruitless = 0
        self._found[part] = tracks


def _halves(part: Part, condition: Condition) -> tuple[Part, Part]:
    return (*part, (condition, True)), (*part, (condition, False))


def _together(leaves: Mapping[Part, int], most: float) -> dict[Part, int]:
    """The leaves, where siblings have at most so many series their parent instead."""
    found = dict(leaves)
    for depth in range(max(map(len, found), default=0), 0, -1):
        for part in [each for each in found if len(each) == depth and each[-1][1]]:
            other = (*part[:-1], (part[-1][0], False))
            if other in found and found[part] + found[other] <= most:
                found[part[:-1]] = found.pop(part) + found.pop(other)
    return found
