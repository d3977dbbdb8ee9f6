"""Prometheus' configuration in a real Prometheus: targets, labels, and an alert's way to the receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.alert_rules.conftest import Eventually, Inbox, Prometheus


def test_a_down_host_is_told_and_forecasts_keep_their_labels(
    prometheus: Prometheus, inbox: Inbox, eventually: Eventually
) -> None:
    assert eventually(
        lambda: prometheus.value('virtcast_limit_value{instance="host-a", domain="web"}') == "0.9"
    )
    assert prometheus.value('up{job="virtcast", instance="forecaster"}') == "1"

    assert eventually(lambda: prometheus.value('up{job="libvirt", instance="host-a"}') == "0")
    assert eventually(lambda: inbox.told("/critical") == {"LibvirtDown host-a"}), inbox.posts
    summaries = {
        post["alerts"][0]["annotations"]["summary"] for path, post in inbox.posts if path == "/critical"
    }
    assert summaries == {"libvirt on host-a cannot be watched"}
