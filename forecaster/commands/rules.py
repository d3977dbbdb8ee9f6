"""rules: write recording rules, alerts, and the configuration of Prometheus and Alertmanager."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alert_rules.configuration import add_choices
from forecaster.commands.command import Command
from forecaster.config.file import read

if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Write recording.rules.yml, aggregates.rules.yml, alerts.rules.yml, prometheus.yml, alertmanager.yml and its
templates, virtcast.tmpl, to a directory. The three files of rules and the templates are complete. The other
two are examples: take over what you need. The jobs of prometheus.yml scrape what the files in targets/ name,
a folder beside it: edit these; one that is there already is kept as it is.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of rules."""
    parser.description = DESCRIPTION
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="directory for the files")
    parser.add_argument(
        "--config.file",
        dest="config_file",
        metavar="FILE",
        type=Path,
        help="configuration of the forecaster: the rules take its limits and thresholds for series that it "
        "does not know yet and for resources of your own, and its horizons are checked",
    )
    parser.add_argument(
        "--profile",
        choices=("default", "live"),
        default="default",
        help="live: scrapes and rules every one or two seconds, for anomalies within seconds "
        "(default: default)",
    )
    add_choices(parser)


def run(flags: argparse.Namespace) -> int:
    """Write the files."""
    from alert_rules.profiles import PROFILES, check_horizons, following  # noqa: PLC0415 (Jinja is slow to load)
    from alert_rules.render import chosen, write_all  # noqa: PLC0415 (as above)

    resources = read(flags.config_file).resources
    choices = chosen(flags, following(PROFILES[flags.profile], resources))
    check_horizons(choices, resources)
    write_all(flags.output, choices, flags.profile, resources)
    return 0


COMMAND = Command("rules", "write rules and configuration of Prometheus and Alertmanager", add_flags, run)
