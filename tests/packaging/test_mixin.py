"""The mixin gives what the generated files say, and what its configuration changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import _jsonnet
import pytest
import yaml

ROOT = Path(__file__).parents[2]
MIXIN = ROOT / "deploy/packaging/mixin/mixin.libsonnet"
DASHBOARDS = sorted((ROOT / "grafana/json").glob("*.json"))


def evaluated(change: str = "{}") -> Any:
    source = f"""
        local virtcast = (import '{MIXIN}') + {change};
        {{
            rules: virtcast.prometheusRules,
            alerts: virtcast.prometheusAlerts,
            pages: virtcast.grafanaDashboards,
        }}
    """
    return json.loads(_jsonnet.evaluate_snippet("test", source))


@pytest.fixture(scope="module")
def mixin() -> Any:
    return evaluated()


def groups(*names: str) -> Any:
    files = [yaml.safe_load((ROOT / f"alert_rules/{name}.rules.yml").read_text()) for name in names]
    return {"groups": [group for each in files for group in each["groups"]]}


def test_rules_are_those_of_the_generated_files(mixin: Any) -> None:
    assert mixin["rules"] == groups("recording", "aggregates")
    assert mixin["alerts"] == groups("alerts")


def test_aggregates_can_be_left_out() -> None:
    assert evaluated("{_config+:: {aggregates: false}}")["rules"] == groups("recording")


def test_every_dashboard_is_there(mixin: Any) -> None:
    assert mixin["pages"] == {one.name: json.loads(one.read_text()) for one in DASHBOARDS}


def test_the_configuration_changes_links_and_labels_of_every_alert() -> None:
    changed = evaluated(
        "{_config+:: {grafanaUrl: 'https://g.example', runbookUrl: 'https://r.example', "
        "alertLabels: {team: 'kvm'}, dashboardTags: ['ours']}}"
    )
    rules = [rule for group in changed["alerts"]["groups"] for rule in group["rules"] if "alert" in rule]
    assert len(rules) > 50
    assert {rule["labels"]["team"] for rule in rules} == {"kvm"}
    assert {rule["annotations"]["runbook_url"].split("/")[2] for rule in rules} == {"r.example"}
    assert "localhost" not in json.dumps(changed["alerts"])
    assert all("ours" in page["tags"] for page in changed["pages"].values())


def test_the_example_of_the_page_is_read_from_the_folder_above_a_checkout() -> None:
    page = (ROOT / "docs/install.md").read_text()
    (example,) = re.findall("^```jsonnet\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (named,) = re.findall("import '([^']*)'", example)
    assert named == f"virtcast/{MIXIN.relative_to(ROOT)}"
    alerts = json.loads(_jsonnet.evaluate_snippet("page", example.replace(named, str(MIXIN))))
    rules = [rule for group in alerts["groups"] for rule in group["rules"] if "alert" in rule]
    assert {rule["labels"]["team"] for rule in rules} == {"virtualisation"}
    assert {rule["annotations"]["runbook_url"].split("/")[2] for rule in rules} == {"forecaster.example:9178"}


def test_jsonnet_bundler_that_installs_the_repository_brings_all_that_the_mixin_reads(tmp_path: Path) -> None:
    """It drops symbolic links; packages are folders of `vendor`, which is on jsonnet's path."""
    vendored = tmp_path / "virtcast"
    for name in ("alert_rules", "grafana", "deploy/packaging/mixin"):
        for file in (ROOT / name).rglob("*"):
            if file.suffix in (".json", ".libsonnet", ".yml") and not file.is_symlink():
                copy = vendored / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.symlink_to(file)
    source = f"(import 'virtcast/{MIXIN.relative_to(ROOT)}').grafanaDashboards"
    pages = json.loads(_jsonnet.evaluate_snippet("mine", source, jpathdir=[str(tmp_path)]))
    assert pages.keys() == {one.name for one in DASHBOARDS}


def test_nothing_invites_to_install_the_folder_of_the_mixin_alone() -> None:
    """Files above it would be missing."""
    assert not (MIXIN.parent / "jsonnetfile.json").exists()
    (installed,) = re.findall("^jb install (\\S+)", (ROOT / "docs/install.md").read_text(), re.MULTILINE)
    assert re.fullmatch("https://[^/]+/[^/]+/virtcast@[^/]+", installed)
