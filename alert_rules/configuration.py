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
            "forecast_scrape_interval",
            "30s",
            "Interval between scrapes of forecasts, up to the forecaster's step; above 30s Grafana's data "
            "source must state half of it.",
            demo="2s",
            live="1m",
        ),
        Value(
            "evaluation_interval",
            "30s",
            "Interval between evaluations of rules.",
            demo="2s",
            live="1s",
        ),
        Value(
            "critical_evaluation_interval",
            "10s",
            "The same of critical alerts, so that scrape, rule and notification take 30s at most.",
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
        Value("half_hour_interval", "30m", "The same for half hours, read over ranges only.", demo="20s"),
    ),
)
NOTIFICATIONS = Section(
    "notifications",
    "Alertmanager",
    (
        Value("group_wait", "30s", "Delay of a group's first notification.", demo="1s"),
        Value("group_interval", "5m", "Delay of a group's notification of new alerts.", demo="5s"),
        Value("repeat_interval", "12h", "Interval between repeated notifications.", demo="10m"),
        Value("critical_wait", "5s", "The same as group_wait, for critical alerts.", demo="1s"),
        Value("critical_interval", "30s", "The same as group_interval, for critical alerts.", demo="5s"),
        Value(
            "foresight_interval",
            "1h",
            "The same as group_interval, for predictions and anomalies.",
            demo="10s",
        ),
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
CHANNELS = Section(
    "channels",
    "Channels of notifications; one whose value is empty is off. Secrets stand in files",
    (
        Value("email_to", "", "E-mail of critical alerts and warnings: the address, or several with commas."),
        Value("email_from", "virtcast@localhost", "Sender of e-mails."),
        Value("smtp_smarthost", "localhost:25", "Mail server, as host:port."),
        Value("smtp_require_tls", True, "Whether the mail server must speak TLS (STARTTLS)."),
        Value("smtp_username", "", "User at the mail server."),
        Value("smtp_password_file", "", "File with the user's password."),
        Value("slack_url_file", "", "File with the incoming webhook's URL: Slack, Mattermost, Rocket.Chat."),
        Value("slack_channel", "#alerts", "Channel of Slack."),
        Value("teams_url_file", "", "File with the URL of a workflow of Teams (Alertmanager 0.28 or later)."),
        Value(
            "pagerduty_key_file", "", "File with PagerDuty's routing key (Events API v2): critical alerts."
        ),
        Value("pagerduty_url", "https://events.pagerduty.com/v2/enqueue", "PagerDuty's Events API v2."),
        Value(
            "sms_to", "", "Address at an e-mail to SMS gateway: critical alerts, a line of 160 characters."
        ),
        Value("ntfy_url", "", "Topic of ntfy 2.14 or later, such as https://ntfy.example/alerts."),
        Value("ntfy_token_file", "", "File with ntfy's access token."),
        Value("gotify_url", "", "Address of Gotify's server (Alertmanager 0.32 or later)."),
        Value("gotify_token_file", "", "File with the token of Gotify's application."),
        Value(
            "history_url",
            "",
            "The forecaster's receiver, for the history of alerts: its address and /api/v1/alerts.",
        ),
        Value(
            "history_token_file",
            "/etc/prometheus/virtcast.token",
            "File with the token that the forecaster has in --alerts.token-file.",
        ),
    ),
)
SWITCHES = (
    "email_to", "slack_url_file", "teams_url_file", "pagerduty_key_file", "sms_to", "ntfy_url", "gotify_url",
)  # fmt: skip
"""The channels by which people are told: each is on where its value is not empty. Other values say how."""
NEEDED = {"smtp_username": "smtp_password_file", "gotify_url": "gotify_token_file"}
"""What a channel needs beside what is set: without it Alertmanager would not start, or not be let in."""
OWNERS = Section(
    "owners",
    "Who is also told of the alerts on an owner's VMs (the label `owner`): an e-mail address or the URL of "
    "a webhook.",
    names="an owner",
)
TEAMS = Section(
    "teams",
    "Who is also told of a team's alerts (the label `team`): the same.",
    names="a team",
)
ADDRESSES = Section(
    "addresses",
    "Addresses, also as flags (`--webhook-url`, …)",
    (
        Value(
            "webhook_url",
            "http://127.0.0.1:9095",
            "Receiver of notifications: /critical, /warning; empty: none, as it is by default where a "
            "channel of people is given.",
        ),
        Value(
            "watchdog_url",
            "http://127.0.0.1:9095/watchdog",
            "Heartbeat monitor for the watchdog; empty: none, as it is by default where a channel of people "
            "or webhook_url is given.",
        ),
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
USUAL_RECEIVERS = ("webhook_url", "watchdog_url")
"""The addresses at which the demo listens, and nobody elsewhere."""


def add_choices(parser: argparse.ArgumentParser) -> None:
    """The flags that set values: a file for all of them, and one for each address."""
    parser.add_argument("--values", type=Path, metavar="FILE", help="YAML with the values to change")
    for address in ADDRESSES.values:
        flag = "--" + address.name.replace("_", "-")
        parser.add_argument(flag, metavar="URL", help=f"{address.about} Default: {address.default}")
