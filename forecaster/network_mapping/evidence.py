"""What speaks for or against a candidate: a table of comparisons, each with its weight."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forecaster.network_mapping.attachment import Attachment

SURE, LIKELY = 0.8, 0.5  # confidence from which a mapping needs no look, and from which it is proposed


class Comparison(NamedTuple):
    """Something that two attachments have alike or not.

    Weights are logarithms of odds to base 2: how much more often it is so of the right network than of a
    wrong one, by judgement, not by measurement. What hosts often name differently has no weight `if_other`.
    """

    name: str
    same: str  # in words; {} is the value
    other: str
    value: Callable[[Attachment], object]
    if_same: float
    if_other: float


COMPARISONS = (
    Comparison("vlans", "same VLAN {}", "VLAN {} there", lambda of: ", ".join(of.vlans), 4.0, -8.0),
    Comparison("subnets", "same subnet {}", "subnet {} there", lambda of: ", ".join(of.subnets), 4.0, -4.0),
    Comparison("name", "same name", "", lambda of: of.name, 3.0, 0.0),
    Comparison("bridge", "same bridge {}", "", lambda of: of.bridge, 2.0, 0.0),
    Comparison("mode", "same mode {}", "mode {} there", lambda of: of.mode, 1.0, -3.0),
)
TELLING = tuple(each.value for each in COMPARISONS if each.if_same > 1)
"""What makes a candidate: no odds without one of these reach LIKELY, whatever else is alike."""
CLOSE = 2.0  # of odds between two candidates: both are to be looked at
PRIOR = -2.0  # of a candidate that nothing is known of


class Candidate(NamedTuple):
    """A candidate: log odds to base 2, and in words what speaks for it and what against it."""

    attachment: Attachment
    odds: float
    alike: tuple[str, ...]
    unlike: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """Between 0 and 1, were it the only candidate."""
        return float(1 / (1 + 2**-self.odds))


class Offers:
    """Attachments by what tells them apart, so that a host with many costs no more than one with few."""

    def __init__(self, attachments: Iterable[Attachment]) -> None:
        self._all = tuple(attachments)
        self._by: dict[tuple[int, object], list[int]] = defaultdict(list)
        for at, each in enumerate(self._all):
            for key in _keys(each):
                self._by[key].append(at)

    def alike(self, source: Attachment) -> Iterator[Attachment]:
        """Those that have something TELLING in common with the source, in their order. Others are no
        candidates: that there are many says nothing of those that are.
        """
        found = {at for key in _keys(source) for at in self._by.get(key, ())}
        return (self._all[at] for at in sorted(found))


def _keys(of: Attachment) -> Iterator[tuple[int, object]]:
    return ((at, value) for at, each in enumerate(TELLING) if (value := each(of)))


def weigh(source: Attachment, target: Attachment) -> Candidate:
    """Compare what both sides say; what one of them does not say counts nothing."""
    odds, alike, unlike = PRIOR, [], []
    for each in COMPARISONS:
        mine, theirs = each.value(source), each.value(target)
        if not mine or not theirs:
            continue
        if mine == theirs:
            odds += each.if_same
            alike.append(each.same.format(theirs))
        elif each.if_other:
            odds += each.if_other
            unlike.append(each.other.format(theirs))
    return Candidate(target, odds, tuple(alike), tuple(unlike))


def confidence(candidates: list[Candidate]) -> float:
    """Of the first candidate: its odds against none being right, and against the others."""
    if not candidates:
        return 0.0
    first, *rest = (2.0**each.odds for each in candidates)
    return float(first / (1 + first + sum(rest)))
