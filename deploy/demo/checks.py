"""What the demo claims, each claim a pure function of what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from demo.guests import OWN_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class State(StrEnum):
    """How a claim stands; only `HELD` counts at the end."""

    PENDING = "pending"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim, how it stands, and the figures behind it."""

    claim: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class MigrationSeen:
    """A live migration as the exporters and as libvirt tell it. Durations in seconds, None = not told."""

    source_successes: float
    destination_successes: float
    exported_duration: Mapping[str, float]
    libvirt_duration: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything the checks judge: times are Unix seconds, scores and counts as Prometheus has them."""

    hosts_up: Mapping[str, float]
    predicted_at: float | None
    full_at: float | None
    delivered_at: float | None
    migration: MigrationSeen
    burst_score: float | None
    steady_scores: Mapping[str, float]
    steady_left: Mapping[str, float]
    own_limit: float | None = None
    muted: bool = False
    own_resource: float | None = None
    back_after: float | None = None  # seconds from the forecaster's end to all of its forecasts
    issue: str | None = None  # of the disk that fills, as the forecaster's page said it


def hosts_are_up(seen: Seen, hosts: Sequence[str]) -> Verdict:
    """Every host's exporter reads its libvirtd."""
    claim = f"all {len(hosts)} hosts are up"
    down = [host for host in hosts if seen.hosts_up.get(host) != 1]
    state = State.FAILED if down else State.HELD
    return Verdict(claim, state, f"down: {', '.join(down)}" if down else ", ".join(hosts))


def predicted_before_full(seen: Seen) -> Verdict:
    """The exhaustion alert fired while there was still room."""
    claim = "VmFilesystemExhaustionPredicted fired before the disk was full"
    if seen.predicted_at is None:
        state = State.PENDING if seen.full_at is None else State.FAILED
        return Verdict(claim, state, "not fired yet" if seen.full_at is None else "full without a warning")
    if seen.full_at is None:
        return Verdict(claim, State.PENDING, "fired; the disk is not full yet")
    lead = seen.full_at - seen.predicted_at
    return Verdict(claim, State.HELD if lead > 0 else State.FAILED, f"lead time {lead:.0f} s")


def migration_is_told(seen: Seen, tolerance: float = 0.10) -> Verdict:
    """Both ends count the migration and tell the duration that libvirt reports."""
    claim = "a live migration is counted on both ends, with libvirt's duration"
    told = seen.migration
    if not told.source_successes or not told.destination_successes or told.libvirt_duration is None:
        return Verdict(claim, State.PENDING, "no migration has ended")
    if len(told.exported_duration) < 2:
        return Verdict(claim, State.PENDING, "one end has not told its duration")
    truth = told.libvirt_duration
    off = max(abs(value - truth) / truth for value in told.exported_duration.values())
    figures = ", ".join(f"{end} {value:.2f} s" for end, value in sorted(told.exported_duration.items()))
    return Verdict(
        claim, State.HELD if off <= tolerance else State.FAILED, f"{figures}; libvirt {truth:.2f} s"
    )


def burst_is_anomalous(seen: Seen, steady: Sequence[str]) -> Verdict:
    """The burst scores 1 or more; the steady guests never did."""
    claim = "a CPU burst scored >= 1, the steady guests stayed below"
    loud = {name: score for name, score in seen.steady_scores.items() if score >= 1}
    if loud:
        return Verdict(claim, State.FAILED, ", ".join(f"{name} {score:.2f}" for name, score in loud.items()))
    if seen.burst_score is None or seen.burst_score < 1:
        return Verdict(claim, State.PENDING, f"burst {seen.burst_score or 0:.2f}")
    missing = [name for name in steady if name not in seen.steady_scores]
    if missing:
        return Verdict(claim, State.PENDING, f"no score for {', '.join(missing)}")
    highest = max(seen.steady_scores.values())
    return Verdict(claim, State.HELD, f"burst {seen.burst_score:.1f}, highest steady {highest:.2f}")


def steady_guests_have_no_end(seen: Seen, steady: Sequence[str]) -> Verdict:
    """No time is told for what does not run out."""
    claim = "no steady guest shows a time left"
    missing = [name for name in steady if name not in seen.steady_scores]
    if missing:
        return Verdict(claim, State.PENDING, f"nothing known of {', '.join(missing)}")
    told = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in sorted(seen.steady_left.items()))
    return Verdict(claim, State.FAILED if told else State.HELD, told or ", ".join(steady))


def notification_delivered(seen: Seen) -> Verdict:
    """Alertmanager brought the prediction to the receiver."""
    claim = "Alertmanager delivered the prediction over HTTP"
    if seen.delivered_at is None:
        return Verdict(claim, State.PENDING, "nothing delivered yet")
    if seen.predicted_at is None:
        return Verdict(claim, State.HELD, "delivered")
    return Verdict(claim, State.HELD, f"{seen.delivered_at - seen.predicted_at:.0f} s after it fired")


def metadata_count(seen: Seen, limit: float) -> Verdict:
    """A guest's metadata set its limit, and its maintenance window mutes alerts."""
    claim = "a guest's metadata set its memory limit and mute its alerts"
    held = seen.own_limit == limit and seen.muted
    told = "no limit" if seen.own_limit is None else f"limit {seen.own_limit:g}"
    muted = "VmMaintenance fires" if seen.muted else "not muted"
    return Verdict(claim, State.HELD if held else State.PENDING, f"{told}, {muted}")


def own_resource_is_judged(seen: Seen, hosts: Sequence[str]) -> Verdict:
    """The example of a resource of one's own has a score for each host's exporter."""
    claim = "a resource of one's own is forecast and judged"
    count = int(seen.own_resource or 0)
    return Verdict(
        claim, State.HELD if count == len(hosts) else State.PENDING, f"{count} series have a score"
    )


def forecaster_is_back(seen: Seen, within: float = 15.0) -> Verdict:
    """Killed and started again, it forecasts every series it knew, from its state on disk."""
    claim = "the forecaster was killed, and came back with every forecast in seconds"
    if seen.back_after is None:
        return Verdict(claim, State.PENDING, "not killed yet, or not back yet")
    state = State.HELD if seen.back_after <= within else State.FAILED
    return Verdict(claim, state, f"{seen.back_after:.1f} s")


def issue_is_shown(seen: Seen) -> Verdict:
    """The forecaster's page has an issue, the reason, and the recommendation."""
    claim = "the page shows an issue, its cause and what to do"
    return Verdict(claim, State.HELD if seen.issue else State.PENDING, seen.issue or "not shown yet")


def judge(seen: Seen, hosts: Sequence[str], steady: Sequence[str]) -> list[Verdict]:
    """All claims of the demo."""
    return [
        hosts_are_up(seen, hosts),
        predicted_before_full(seen),
        migration_is_told(seen),
        burst_is_anomalous(seen, steady),
        steady_guests_have_no_end(seen, steady),
        notification_delivered(seen),
        metadata_count(seen, OWN_LIMIT),
        own_resource_is_judged(seen, hosts),
        forecaster_is_back(seen),
        issue_is_shown(seen),
    ]
