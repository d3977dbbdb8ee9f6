"""Ways to hosts by ping_exporter; see `alert_rules.probed` for the labels of targets."""

from __future__ import annotations

from alert_rules.probed import TARGETS, to_host
from alert_rules.provider import Provider, Recorded

TARGET = ("to_host", "network")

PROVIDER = Provider(
    name="ping",
    about="ping_exporter, which sends ICMP echo requests to hosts",
    reads={"ping_loss_ratio": TARGET, "ping_rtt_mean_seconds": TARGET},
    rows=(
        Recorded(
            output="path:loss:ratio",
            expr=to_host(f"avg_over_time(ping_loss_ratio{{{TARGETS}}}[$probe_window])"),
        ),
        Recorded(
            output="path:round_trip:seconds",
            expr=to_host(f"avg_over_time(ping_rtt_mean_seconds{{{TARGETS}}}[$probe_window])"),
        ),
    ),
)
