"""The values of Prometheus' and Alertmanager's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alert_rules.values import Section, Value

if TYPE_CHECKING:
    import argparse

SCRAPING = Section(
    "scraping",
    "Prometheus",
    (
        Value("scrape_interval", "15s", "Interval between scrapes.", demo="2s", live="2s"),
        Value("scrape_timeout", "10s", "Timeout of a scrape.", demo="2s", live="2s"),
        Value(
            "evaluation_interval",
            "30s",
            "Interval between evaluations of every rule.",
            demo="2s",
            live="1s",
        ),
        Value(
            "minute_interval", "1m", "Interval between evaluations of aggregates over minutes.", demo="10s"
        ),
        Value(
            "hour_interval",
            "4m",
            "The same for hours: below the 5m that Prometheus looks back for a sample.",
            demo="20s",
        ),
    ),
)
NOTIFICATIONS = Section(
    "notifications",
    "Alertmanager",
    (
        Value("group_wait", "30s", "Delay of a group's first notification.", demo="1s"),
        Value("group_interval", "5m", "Delay of a group's notification of new alerts.", demo="5s"),
        Value("repeat_interval", "12h", "Interval between repeated notifications.", demo="10m"),
        Value(
            "watchdog_interval",
            "1m",
            "Interval between checks whether the watchdog is due.",
            demo="1s",
        ),
        Value("watchdog_repeat", "4m", "Interval between notifications of the watchdog.", demo="4s"),
    ),
)
LABELS = Section(
    "labels",
    "Labels of all alerts",
    (Value("team", "", "Team that operates the fleet, as the label `team`; no label if empty."),),
)
ADDRESSES = Section(
    "addresses",
    "Addresses, also as flags (`--webhook-url`, …)",
    (
        Value("webhook_url", "http://127.0.0.1:9095", "Receiver of notifications: /critical, /warning."),
        Value("watchdog_url", "http://127.0.0.1:9095/watchdog", "Heartbeat monitor for the watchdog."),
        Value("grafana_url", "http://localhost:3000", "Grafana, for links in notifications."),
        Value(
            "runbook_url",
            "http://localhost:9178/runbooks",
            "Runbooks. The forecaster serves them.",
        ),
        Value(
            "logs_url",
            "",
            "Logs, for links in notifications: DOMAIN and INSTANCE stand for the VM and the host.",
        ),
    ),
)


def add_choices(parser: argparse.ArgumentParser) -> None:
    """The flags that set values: a file for all of them, and one for each address."""
    parser.add_argument("--values", type=Path, metavar="FILE", help="YAML with the values to change")
    for address in ADDRESSES.values:
        flag = "--" + address.name.replace("_", "-")
        parser.add_argument(flag, metavar="URL", help=f"{address.about} Default: {address.default}")
