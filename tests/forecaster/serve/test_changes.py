"""What happens to series is counted, each kind apart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from forecaster.series.state import State
from forecaster.serve.changes import Changes

if TYPE_CHECKING:
    from forecaster.series.labels import Labels


def labels(**pairs: str) -> Labels:
    return tuple(sorted(pairs.items()))


RECENT = 1800  # seconds
WEB, DB = labels(domain="web", instance="h1"), labels(domain="db", instance="h1")


def counted(changes: Changes) -> dict[str, int]:
    return {name: number for name, number in changes.counts.items() if number}


def test_new_series_and_those_that_return() -> None:
    changes = Changes()
    changes.joined([WEB, DB], {WEB: 0}, 0)
    assert counted(changes) == {"new": 1, "returned": 1}


def test_a_series_becomes_stale_once_and_vanishes_once() -> None:
    changes = Changes()
    for web in (State.READY, State.STALE, State.STALE):
        changes.seen([WEB, DB], [web, State.READY], 0, RECENT)
    assert counted(changes) == {"stale": 1}
    changes.seen([WEB, DB], [State.GONE, State.READY], 0, RECENT)
    changes.seen([DB], [State.READY], 0, RECENT)
    assert counted(changes) == {"stale": 1, "vanished": 1}
    changes.seen([DB], [State.STALE], 0, RECENT)
    assert counted(changes) == {"stale": 2, "vanished": 1}


@pytest.mark.parametrize(
    ("newcomer", "is_drift"),
    [
        (labels(domain="web", instance="h1", zone="a"), True),  # a label more
        (labels(domain="web"), True),  # one less
        (labels(vm="web", instance="h1"), True),  # called otherwise
        (labels(domain="db", instance="h1"), False),  # another VM
        (labels(vm="db", instance="h1"), False),
        (labels(domain="web", instance="h1", zone="a", rack="b"), False),
    ],
)
@pytest.mark.parametrize("old", ["stale", "gone", "stale later"])
def test_labels_that_drift_make_another_series_of_the_same(
    newcomer: Labels, *, is_drift: bool, old: str
) -> None:
    changes = Changes()
    if old == "stale":
        changes.seen([WEB], [State.STALE], 0, RECENT)
    changes.joined([newcomer], {WEB: 0} if old == "gone" else {}, 300)
    if old == "stale later":
        for now in (300, 900, 1200):
            changes.seen(
                [WEB, newcomer], [State.STALE if now > 300 else State.READY, State.READY], now, RECENT
            )
    changes.counts["stale"] = 0
    assert counted(changes) == ({"new": 1, "label_drift": 1} if is_drift else {"new": 1})


def test_what_joined_long_before_is_another_series() -> None:
    changes = Changes()
    changes.joined([labels(domain="web", instance="h1", zone="a")], {}, 0)
    changes.seen([WEB], [State.STALE], RECENT + 1, RECENT)
    assert counted(changes) == {"new": 1, "stale": 1}


def test_ten_thousand_series_that_drift_at_once_cost_no_cycle() -> None:
    """Each is compared with what is silent, not with each other one."""
    old = [labels(domain=f"vm-{number}", instance="h1") for number in range(10_000)]
    new = [(*each, ("zone", "a")) for each in old]
    compared = Counter[str]()

    class Row(tuple):  # type: ignore[type-arg]
        """Counts how often it is compared."""

        __slots__ = ()
        __hash__ = tuple.__hash__

        def __eq__(self, other: object) -> bool:
            compared["=="] += 1
            return tuple.__eq__(self, other)

    changes = Changes()
    changes.joined([Row(each) for each in new], dict.fromkeys(old, 0), 0)
    assert counted(changes) == {"new": 10_000, "label_drift": 10_000}
    assert compared["=="] < 100_000
