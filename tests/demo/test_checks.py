"""Every claim of the demo: when it holds, when it waits, when it fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.checks import MigrationSeen, Seen, State, judge

HOSTS = ("host-a", "host-b")
STEADY = ("web-1", "idle-1")
MOVED = MigrationSeen(1, 1, {"source": 5.0, "destination": 5.4}, 5.2)
ALL_WELL = Seen(
    hosts_up={"host-a": 1, "host-b": 1},
    predicted_at=1000.0,
    full_at=1090.0,
    delivered_at=1003.0,
    migration=MOVED,
    burst_score=2.5,
    steady_scores={"web-1": 0.4, "idle-1": 0.2},
    steady_left={},
    own_limit=0.8,
    muted=True,
    own_resource=2.0,
    back_after=3.14,
    issue="File system: full soon; deviated first: Disk image. Next: delete files",
)
UP, PREDICTED, MIGRATED, BURST, ENDLESS, DELIVERED, METADATA, OWN, BACK, ISSUE = range(10)


def states(seen: Seen) -> list[State]:
    return [verdict.state for verdict in judge(seen, HOSTS, STEADY)]


def test_everything_holds_with_its_figures() -> None:
    verdicts = judge(ALL_WELL, HOSTS, STEADY)
    assert {verdict.state for verdict in verdicts} == {State.HELD}
    assert verdicts[PREDICTED].detail == "lead time 90 s"
    assert verdicts[MIGRATED].detail == "destination 5.40 s, source 5.00 s; libvirt 5.20 s"
    assert verdicts[BURST].detail == "burst 2.5, highest steady 0.40"
    assert verdicts[DELIVERED].detail == "3 s after it fired"
    assert verdicts[BACK].detail == "3.1 s"


@pytest.mark.parametrize(
    ("claim", "state", "changed"),
    [
        (ISSUE, State.PENDING, {"issue": None}),
        (UP, State.FAILED, {"hosts_up": {"host-a": 1, "host-b": 0}}),
        (UP, State.FAILED, {"hosts_up": {"host-a": 1}}),
        (PREDICTED, State.PENDING, {"predicted_at": None, "full_at": None}),
        (PREDICTED, State.PENDING, {"full_at": None}),
        (PREDICTED, State.FAILED, {"predicted_at": None}),
        (PREDICTED, State.FAILED, {"predicted_at": 1090.0}),
        (MIGRATED, State.PENDING, {"migration": replace(MOVED, source_successes=0)}),
        (MIGRATED, State.PENDING, {"migration": replace(MOVED, destination_successes=0)}),
        (MIGRATED, State.PENDING, {"migration": replace(MOVED, libvirt_duration=None)}),
        (MIGRATED, State.PENDING, {"migration": replace(MOVED, exported_duration={"source": 5.0})}),
        (MIGRATED, State.FAILED, {"migration": replace(MOVED, libvirt_duration=4.5)}),
        (BURST, State.PENDING, {"burst_score": None}),
        (BURST, State.PENDING, {"burst_score": 0.99}),
        (BURST, State.PENDING, {"steady_scores": {"web-1": 0.4}}),
        (BURST, State.FAILED, {"steady_scores": {"web-1": 0.4, "idle-1": 1.0}}),
        (ENDLESS, State.PENDING, {"steady_scores": {"web-1": 0.4}}),
        (ENDLESS, State.FAILED, {"steady_left": {"idle-1": 560_000.0}}),
        (DELIVERED, State.PENDING, {"delivered_at": None}),
        (METADATA, State.PENDING, {"own_limit": None}),
        (METADATA, State.PENDING, {"own_limit": 0.95}),
        (METADATA, State.PENDING, {"muted": False}),
        (OWN, State.PENDING, {"own_resource": None}),
        (OWN, State.PENDING, {"own_resource": 1.0}),
        (BACK, State.PENDING, {"back_after": None}),
        (BACK, State.FAILED, {"back_after": 15.1}),
    ],
)
def test_a_claim_that_does_not_hold(claim: int, state: State, changed: dict[str, object]) -> None:
    found = states(replace(ALL_WELL, **changed))  # type: ignore[arg-type]
    assert found[claim] is state
