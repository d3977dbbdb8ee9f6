"""Ways to hosts by blackbox_exporter, probe type ICMP; see `alert_rules.probed` for the labels of targets."""

from __future__ import annotations

from alert_rules.probed import TARGETS, to_host
from alert_rules.provider import Provider, Recorded

TARGET = ("to_host", "network")
ROUND_TRIP = f'probe_icmp_duration_seconds{{phase="rtt", {TARGETS}}}'

PROVIDER = Provider(
    name="blackbox",
    about="blackbox_exporter, which sends ICMP echo requests to hosts",
    reads={"probe_success": TARGET, "probe_icmp_duration_seconds": (*TARGET, "phase")},
    rows=(
        Recorded(
            output="path:loss:ratio",
            comment="Only of targets that are sent ICMP echo requests.",
            expr=to_host(
                f"1 - avg_over_time(probe_success{{{TARGETS}}}[$probe_window])\n"
                f"and on (job, instance, to_host, network) {ROUND_TRIP}"
            ),
        ),
        Recorded(
            output="path:round_trip:seconds",
            comment="A request that gets lost takes 0 s there.",
            expr=to_host(f"quantile_over_time(0.5, ({ROUND_TRIP} > 0)[$probe_window:])"),
        ),
    ),
)
