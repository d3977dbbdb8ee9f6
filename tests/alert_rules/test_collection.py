"""The section for a public collection: rules that Prometheus takes, on metrics that the exporter has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alert_rules import collection
from rules_lint.evidence import gathered
from rules_lint.queries import names, parse

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

EXPORTED = {name for name in gathered().series if name.startswith("libvirt_")}


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    (service,) = yaml.safe_load(collection.text())
    (exporter,) = service["exporters"]
    found: list[dict[str, Any]] = exporter["rules"]
    return found


def test_it_has_many_alerts_each_once(rules: list[dict[str, Any]]) -> None:
    titles = [rule["name"] for rule in rules]
    assert len(titles) == len(set(titles))
    assert len(titles) >= 60
    assert {"VM crashed", "VM disk no space", "Pool inactive", "libvirt slow"} <= set(titles)


def test_rules_have_the_keys_and_words_of_the_collection(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        assert {"name", "description", "query", "severity"} <= rule.keys()
        assert rule.keys() <= {"name", "description", "query", "severity", "for", "comments"}
        assert rule["severity"] in {"critical", "warning", "info"}


def test_queries_read_metrics_of_the_exporter_only(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        assert names(parse(rule["query"])) <= EXPORTED


@pytest.mark.parametrize(
    ("expr", "offered"),
    [
        ("libvirt_up == 0", True),
        ('libvirt_domain_virtcast_info{owner="a:b"} == 1', False),  # what looks like a recorded series
        ("vm:cpu_steal:ratio > 0.1", False),
        ("libvirt_up == 0 unless up", False),
        ('ALERTS{alertname="LibvirtDown"}', False),
        ("time() - virtcast_last_success_timestamp_seconds > 1", False),
    ],
)
def test_what_others_make_is_not_offered(expr: str, *, offered: bool) -> None:
    assert (collection.FOREIGN.search(expr) is None) == offered


def test_prometheus_takes_them(
    rules: list[dict[str, Any]], run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    made = [
        {
            "alert": "".join(word.capitalize() for word in rule["name"].split()),
            "expr": rule["query"],
            "for": rule.get("for", "0m"),
            "labels": {"severity": rule["severity"]},
            "annotations": {"description": rule["description"]},
        }
        for rule in rules
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "libvirt", "rules": made}]}))
    checked = run("promtool", "check", "rules", path)
    assert checked.returncode == 0, checked.stderr
