"""RULES.md: the rows as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules import layer
from alert_rules.profiles import PROFILES
from alert_rules.registry import AREAS, PROVIDERS, SECTIONS
from alert_rules.rules import preferred_first, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """# Rules

Made from the tables in `alert_rules/` by `make generate`; do not edit.

"""
ALERTS = """## Alerts

`severity` says who is needed: critical now, warning in working hours, info nobody. An alert of kind
`predicted` is inhibited as soon as the `actual` one fires.

| alert | severity | kind | for | keep firing for |
|---|---|---|---|---|
"""
LAYER = """
## The normalised layer

The recording rules give these series, with the label `provider` and the labels below. Dashboards,
forecaster and alerts read them, whatever exporter feeds them. Where several providers know the same host,
the first one listed records it.

| series | labels | provider | |
|---|---|---|---|
"""
VALUES = """
## Values

A values file is YAML and holds only the values that you change, by section:

    filesystem: {floor: 0.8, predicted_for: 30m}
    cpu: {deviation: 0.3}

Write all files with it: `virtcast-forecaster rules --values FILE --output DIR`. With `--profile live` the
values of the column `live` are the defaults, and Prometheus scrapes jobs of VMs and fast scores every second.

"""


def text() -> str:
    """The document."""
    return "".join((INTRODUCTION, ALERTS, *_alerts(), LAYER, *_outputs(), VALUES, *_values()))


def _alerts() -> Iterator[str]:
    for area in AREAS:
        for row in area.alerts:
            alert = settled(row, PROFILES["default"].get(area.name, {}))
            link = f"[{alert.name}](runbooks/{alert.name}.md)"
            times = f"{alert.for_ or ''} | {alert.keep_firing_for or ''}"
            yield f"| {link} | {alert.severity} | {alert.kind} | {times} |\n"


def _outputs() -> Iterator[str]:
    ordered = preferred_first(PROVIDERS)
    for output in layer.OUTPUTS:
        labels = ", ".join(f"`{label}`" for label in output.labels)
        providers = ", ".join(provider.name for provider in ordered if provider.row(output.name))
        providers = providers or "none: optional"
        yield f"| `{output.name}` | {labels} | {providers} | {output.about} |\n"


def _values() -> Iterator[str]:
    yield "| section | value | default | live | demo | |\n|---|---|---|---|---|---|\n"
    for section in SECTIONS:
        for value in section.values:
            demo, live = ("" if each is None else each for each in (value.demo, value.live))
            default = str(value.default).replace("|", "\\|")
            yield f"| `{section.name}` | `{value.name}` | {default} | {live} | {demo} | {value.about} |\n"
