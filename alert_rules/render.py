"""Render the rules and the configuration of Prometheus and Alertmanager: one source, a rendering per profile.

    python alert_rules/render.py                               the default profile, to its committed places
    python alert_rules/render.py --check                       fails when a committed file is out of date
    python alert_rules/render.py --profile demo --output DIR   all four files, side by side in DIR

The templates are YAML with `<< … >>` and `<% … %>`: `{{ … }}` belongs to Prometheus' own, in annotations.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = (
    "alert_rules/recording.rules.yml.j2",
    "alert_rules/alerts.rules.yml.j2",
    "deploy/prometheus/prometheus.yml.j2",
    "deploy/alertmanager/alertmanager.yml.j2",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Every choice in the rules and the configuration. Durations are Prometheus', `*_max_age` are seconds."""

    name: str
    # Prometheus
    scrape_interval: str
    scrape_timeout: str
    evaluation_interval: str
    # recording rules
    rate_window: str
    guest_max_age: int  # balloon and agent figures older than this are no figures
    # exhaustion: horizons are labels of the forecaster's configuration; the rest are ratios
    filesystem_horizon: str
    memory_horizon: str
    filesystem_floor: float  # no prediction is told below this use
    memory_floor: float
    filesystem_limit: float  # full at this use, or at the forecaster's limit where that is higher
    memory_limit: float
    probability: float  # where the forecaster states no threshold
    predicted_for: str
    predicted_keep: str
    actual_for: str
    # anomalies
    anomaly_deviation: float  # share of the VM's CPUs between use and what was expected
    anomaly_for: str
    anomaly_keep: str
    # the rest
    migration_window: str
    down_for: str
    forecaster_max_age: int  # three cycles
    forecaster_for: str
    # notifications
    group_wait: str
    group_interval: str
    repeat_interval: str
    watchdog_interval: str  # between looks whether it is time for the next one
    watchdog_repeat: str
    # addresses
    webhook_url: str = "http://127.0.0.1:9095"
    grafana_url: str = "http://localhost:3000"
    runbook_url: str = "http://localhost:9178/runbooks"  # the forecaster serves them
    watchdog_url: str = "http://127.0.0.1:9095/watchdog"


DEFAULT = Profile(
    name="default",
    scrape_interval="15s",
    scrape_timeout="10s",
    evaluation_interval="30s",
    rate_window="5m",
    guest_max_age=300,
    filesystem_horizon="24h",
    memory_horizon="1h",
    filesystem_floor=0.7,
    memory_floor=0.7,
    filesystem_limit=0.95,
    memory_limit=0.95,
    probability=0.5,
    predicted_for="10m",
    predicted_keep="15m",
    actual_for="5m",
    anomaly_deviation=0.2,
    anomaly_for="10m",
    anomaly_keep="15m",
    migration_window="30m",
    down_for="2m",
    forecaster_max_age=900,
    forecaster_for="5m",
    group_wait="30s",
    group_interval="5m",
    repeat_interval="12h",
    watchdog_interval="1m",
    watchdog_repeat="4m",
)

# The demo's day lasts four minutes: everything that takes minutes takes seconds.
DEMO = replace(
    DEFAULT,
    name="demo",
    scrape_interval="2s",
    scrape_timeout="2s",
    evaluation_interval="2s",
    rate_window="10s",
    guest_max_age=30,
    filesystem_horizon="5m",
    memory_horizon="5m",
    filesystem_floor=0.5,
    memory_floor=0.5,
    predicted_for="10s",
    predicted_keep="20s",
    actual_for="6s",
    anomaly_for="4s",
    anomaly_keep="20s",
    migration_window="1m",
    down_for="6s",
    forecaster_max_age=20,
    forecaster_for="6s",
    group_wait="1s",
    group_interval="5s",
    repeat_interval="10m",
    watchdog_interval="1s",
    watchdog_repeat="4s",
)

ADDRESSES = ("webhook_url", "watchdog_url", "grafana_url", "runbook_url")
PROFILES = {profile.name: profile for profile in (DEFAULT, DEMO)}


def render(profile: Profile) -> dict[Path, str]:
    """The rendered text of every template by the file's path relative to the repository."""
    environment = Environment(  # noqa: S701 (YAML for Prometheus, not HTML)
        loader=FileSystemLoader(ROOT),
        undefined=StrictUndefined,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    values = asdict(profile)
    return {Path(t.removesuffix(".j2")): environment.get_template(t).render(values) for t in TEMPLATES}


def stale(rendered: dict[Path, str]) -> list[Path]:
    """The committed files that are not what their template says."""
    return [
        path
        for path, text in rendered.items()
        if not (ROOT / path).exists() or (ROOT / path).read_text() != text
    ]


def write(rendered: dict[Path, str], output: Path | None) -> None:
    """Write the files side by side into `output`, or each to its committed place."""
    for path, text in rendered.items():
        target = output / path.name if output else ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Render rules and configuration.")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="default")
    parser.add_argument("--output", type=Path, help="write all files side by side into this directory")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when out of date")
    for address in ADDRESSES:
        flag = "--" + address.replace("_", "-")
        parser.add_argument(flag, default=getattr(DEFAULT, address), help="default: %(default)s")
    return parser


def main(argv: list[str] | None = None) -> int:
    parser = arguments()
    flags = parser.parse_args(argv)
    if flags.profile != "default" and flags.output is None:
        parser.error(f"the profile {flags.profile} has no committed place: say --output DIR")
    addresses = {name: getattr(flags, name) for name in ADDRESSES}
    rendered = render(replace(PROFILES[flags.profile], **addresses))
    if not flags.check:
        write(rendered, flags.output)
        return 0
    outdated = stale(rendered)
    for path in outdated:
        sys.stderr.write(f"{path} is not what its template says: run python alert_rules/render.py\n")
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
