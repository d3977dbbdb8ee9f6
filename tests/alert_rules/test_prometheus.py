"""Prometheus' configuration in a real Prometheus: targets, labels, and an alert's way to the receiver."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alert_rules.conftest import Alertmanager, Eventually, Inbox, Prometheus


def test_a_down_host_is_told_and_forecasts_keep_their_labels(
    prometheus: Prometheus, inbox: Inbox, eventually: Eventually
) -> None:
    assert eventually(
        lambda: prometheus.value('virtcast_limit_value{instance="host-a", domain="web"}') == "0.9"
    )
    up = 'count(up{job=~"virtcast|virtcast-fast", instance="forecaster"} == 1)'
    assert eventually(lambda: prometheus.value(up) == "2")

    assert eventually(lambda: prometheus.value('up{job="libvirt", instance="host-a"}') == "0")
    assert eventually(lambda: inbox.told("/critical") == {"LibvirtDown host-a"}), inbox.posts
    summaries = {
        post["alerts"][0]["annotations"]["summary"] for path, post in inbox.posts if path == "/critical"
    }
    assert summaries == {"libvirt on host-a cannot be monitored"}


def test_alertmanagers_failed_notifications_are_scraped(
    alertmanager: Alertmanager, prometheus: Prometheus, eventually: Eventually
) -> None:
    """Without Alertmanager's counters AlertmanagerNotificationsFailing is silent."""
    address = alertmanager.url.removeprefix("http://")
    assert eventually(lambda: prometheus.value(f'up{{job="alertmanager", instance="{address}"}}') == "1")
    assert prometheus.value('count(alertmanager_notifications_failed_total{integration="webhook"}) > 0')


def test_the_watchdog_comes_again_and_again_and_stops_with_prometheus(
    prometheus: Prometheus, inbox: Inbox, eventually: Eventually
) -> None:
    def heard() -> int:
        return sum(path == "/watchdog" for path, _ in inbox.posts)

    assert eventually(lambda: heard() >= 3), inbox.posts
    prometheus.end()
    assert eventually(lambda: silent_for(heard, seconds=10)), "a repeat is due every 4 to 5 seconds"
    assert {post["status"] for path, post in inbox.posts if path == "/watchdog"} == {"firing"}


def silent_for(heard: Callable[[], int], seconds: float) -> bool:
    before = heard()
    time.sleep(seconds)
    return heard() == before
