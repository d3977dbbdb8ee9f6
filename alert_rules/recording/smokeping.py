"""Ways to hosts by smokeping_prober; see `alert_rules.probed` for the labels of targets."""

from __future__ import annotations

from alert_rules.probed import TARGETS, to_host
from alert_rules.provider import Provider, Recorded

TARGET = ("to_host", "network")


def rate(metric: str) -> str:
    """Of a counter of targets."""
    return f"rate({metric}{{{TARGETS}}}[$probe_window])"


ANSWERED = rate("smokeping_response_duration_seconds_count")

PROVIDER = Provider(
    name="smokeping",
    about="smokeping_prober, which sends ICMP echo requests to hosts",
    reads={
        "smokeping_requests_total": TARGET,
        "smokeping_response_duration_seconds_count": TARGET,
        "smokeping_response_duration_seconds_sum": TARGET,
    },
    rows=(
        Recorded(
            output="path:loss:ratio",
            comment="Requests that are still under way may be answered.",
            expr=to_host(f"clamp_min(1 - {ANSWERED} / ({rate('smokeping_requests_total')} > 0), 0)"),
        ),
        Recorded(
            output="path:round_trip:seconds",
            expr=to_host(f"{rate('smokeping_response_duration_seconds_sum')} / ({ANSWERED} > 0)"),
        ),
    ),
)
