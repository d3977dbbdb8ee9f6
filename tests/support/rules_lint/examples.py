"""Examples of alerts, `tests/alert_rules/alerts/*.examples.yml`: one in which each fires, a silent twin.

    VmCrashed:
      series:
        libvirt_domain_events_total{VM, event="crash"}: 0x10 1x20
      at: 12m
      told: {domain: web}                  the labels that the series give; host-a is the instance unless said
      summary: web crashed
      description: …
      silent: {series-or-name: values}     what is different in the twin; null leaves the series out

`VM`, `HOST`, `LAYER` and `FORECAST` stand for the labels that the exporter, the recording rules and the
forecaster give. What the row says (severity, kind, links) is not said again; the texts are, as people
read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "alert_rules" / "alerts"
HOST = 'job="libvirt", instance="host-a"'
WORDS = {
    "{VM": f'{{{HOST}, domain="web"',
    "{HOST": f"{{{HOST}",
    "{LAYER": '{provider="libvirt", instance="host-a"',
    "{FORECAST": '{job="virtcast", provider="libvirt", instance="host-a"',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example, words replaced; `silent` has all series of the twin, `told` the labels of the alert."""

    alert: str
    series: Mapping[str, str]
    silent: Mapping[str, str]
    at: str
    summary: str
    description: str
    interval: str = "1m"
    told: Mapping[str, str] = field(default_factory=dict)


@cache
def examples() -> tuple[Example, ...]:
    """All examples of the repository."""
    files = sorted(FOLDER.glob("*.examples.yml"))
    return tuple(_example(name, row) for path in files for name, row in _rows(path).items())


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())
    return rows


def _example(name: str, row: dict[str, Any]) -> Example:
    series = {_written(each): values for each, values in row.pop("series").items()}
    changed = {_found(_written(each), series): values for each, values in row.pop("silent").items()}
    told = {"instance": "host-a", **row.pop("told", {})}
    return Example(
        alert=name,
        series=series,
        silent={each: values for each, values in (series | changed).items() if values is not None},
        told={label: value for label, value in told.items() if value},
        **row,
    )


def _written(series: str) -> str:
    for word, labels in WORDS.items():
        series = series.replace(word, labels)
    return series


def _found(change: str, series: Mapping[str, str]) -> str:
    """The series that a change is about; a bare name is the first one of that metric."""
    return next((each for each in series if change in (each, each.split("{")[0])), change)
