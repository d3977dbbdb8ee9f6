"""Render the rules and the configuration of Prometheus and Alertmanager, with the values of a profile.

    python -m alert_rules.render                               the default profile, to its committed places
    python -m alert_rules.render --check                       fails when a committed file is out of date
    python -m alert_rules.render --profile demo --output DIR   all files, side by side in DIR
    python -m alert_rules.render --values FILE --output DIR    with your own thresholds; RULES.md lists them

Templates are YAML with `<< … >>` and `<% … %>`: `{{ … }}` is Prometheus' own, in annotations.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from alert_rules import aggregates, collection, own_resources, reference, targets, yaml_text
from alert_rules.alerts.exhaustion import ROWS as EXHAUSTIONS
from alert_rules.annotations import annotate, label
from alert_rules.configuration import ADDRESSES, add_choices
from alert_rules.notifying import operators_are_told, receivers, without_usual_receivers
from alert_rules.profiles import PROFILES, changed, check_channels
from alert_rules.registry import ALERTS, AREAS, PROVIDERS
from alert_rules.rules import alert_groups, recording_groups
from exporter.web.strict_yaml import ConfigError
from forecaster.config.file import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alert_rules.values import Choices
    from forecaster.config.resource import Resource

# The rendered files, and the directories of the repository in which the default profile's are committed.
PLACES = {
    "recording.rules.yml": "alert_rules",
    "aggregates.rules.yml": "alert_rules",
    "alerts.rules.yml": "alert_rules",
    "prometheus.yml": "deploy/config/prometheus",
    "alertmanager.yml": "deploy/config/alertmanager",
    "virtcast.tmpl": "deploy/config/alertmanager",
}
REFERENCE = Path("alert_rules/RULES.md")
COLLECTION = Path("alert_rules/awesome-prometheus-alerts.yml")
MARK = "Rendered by alert_rules/render.py"  # in every file's heading


def render(profile: str, choices: Choices, resources: Sequence[Resource] = ()) -> dict[str, str]:
    """The text of every file by its name; `resources` are those of a forecaster's configuration."""
    known = [label for row in EXHAUSTIONS for label in row.labels]
    context = {
        "profile": profile,
        "alert_groups": alert_groups((*AREAS, *own_resources.areas(resources)), choices),
        "recording_groups": recording_groups(PROVIDERS, choices),
        "windows": aggregates.WINDOWS,
        "rules_each": sum(len(window.functions) for window in aggregates.WINDOWS),
        "told_apart_by": dict.fromkeys((*known, *own_resources.parts(resources))),
        "receivers": receivers(choices),
        "explaining": [alert for alert in ALERTS if alert.explains],
        "advice": [alert.name for area in AREAS if area.advises for alert in area.alerts],
        "superseding": [alert for alert in ALERTS if alert.supersedes],
        **choices,
    }
    templates = _environment()
    return {name: templates.get_template(f"{name}.j2").render(context) for name in PLACES}


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 (YAML for Prometheus, not HTML)
        loader=PackageLoader("alert_rules"),
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
    environment.filters |= {
        "aggregates": aggregates.rules,
        "annotated": annotate,
        "comment": yaml_text.comment,
        "labelled": label,
        "quoted": yaml_text.quoted,
        "scalar": yaml_text.scalar,
    }
    return environment


def committed() -> dict[Path, str]:
    """What the repository holds, by the path from its root: the default profile, documents of the rows."""
    rendered = render("default", PROFILES["default"])
    return {
        **{Path(PLACES[name], name): text for name, text in rendered.items()},
        **{Path(PLACES["prometheus.yml"], name): text for name, text in targets.files().items()},
        REFERENCE: reference.text(),
        COLLECTION: collection.text(),
    }


def check(files: Mapping[Path, str]) -> int:
    """1, and a line for each file that does not hold its text; 0 without one."""
    outdated = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in outdated:
        sys.stderr.write(f"{path} is not what its source says: run `make generate`\n")
    return 1 if outdated else 0


def write_all(
    folder: Path, choices: Choices, profile: str = "default", resources: Sequence[Resource] = ()
) -> None:
    """All files side by side; ConfigError, and nothing is written, if one would replace somebody's own.

    The folder of targets is written once: its files are the operator's from then on.
    """
    files = {folder / name: text for name, text in render(profile, choices, resources).items()}
    for path in files:
        if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
            raise ConfigError(f"{path} exists and was not rendered here: choose another directory")
    first = {} if (folder / targets.FOLDER).exists() else targets.files()
    write({**files, **{folder / name: text for name, text in first.items()}})


def write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="render", description="Render rules and configuration.")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="default", help="default: default")
    parser.add_argument(
        "--config.file",
        dest="config_file",
        type=Path,
        metavar="FILE",
        help="configuration of the forecaster: its own resources get alerts (with --output)",
    )
    add_choices(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--output", type=Path, metavar="DIR", help="write all files side by side into DIR")
    what.add_argument("--check", action="store_true", help="fail if a committed file is out of date")
    return parser


def chosen(flags: argparse.Namespace, choices: Choices) -> Choices:
    """The choices, over them the values file's, over them the flags'.

    Once a channel of the operators is named, the receivers that are there by default are not.
    """
    told = _over(choices, flags)
    check_channels(told)
    return _over(without_usual_receivers(choices), flags) if operators_are_told(told) else told


def _over(choices: Choices, flags: argparse.Namespace) -> Choices:
    if flags.values:
        choices = changed(choices, flags.values)
    said = ((address.name, getattr(flags, address.name)) for address in ADDRESSES.values)
    given = {name: url for name, url in said if url is not None}
    return {**choices, ADDRESSES.name: {**choices[ADDRESSES.name], **given}}


def main(argv: list[str] | None = None) -> int:
    parser = arguments()
    flags = parser.parse_args(argv)
    try:
        choices = chosen(flags, PROFILES[flags.profile])
        if flags.output is not None:
            resources = read(flags.config_file).resources if flags.config_file else ()
            write_all(flags.output, choices, flags.profile, resources)
            return 0
    except ConfigError as error:
        parser.error(str(error))
    if choices != PROFILES["default"]:
        parser.error("only the default profile with its own values is committed: say --output DIR")
    if not Path("alert_rules").is_dir():
        parser.error("this is not the root of the repository: say --output DIR")
    if flags.check:
        return check(committed())
    write(committed())
    return 0


if __name__ == "__main__":
    sys.exit(main())
