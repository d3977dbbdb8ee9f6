"""What needs no kubectl and no helm: generated files, one version, the configuration that is mounted."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from forecaster.config.file import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/packaging/kubernetes"
CHART = ROOT / "deploy/packaging/helm/virtcast"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("place", ["alerts", "recording", "aggregates/aggregates"])
def test_a_prometheus_rule_is_the_generated_file(place: str) -> None:
    one = yaml.safe_load((KUBERNETES / f"rules/{place}.yaml").read_text())
    name = Path(place).name
    assert one["kind"] == "PrometheusRule"
    assert one["spec"] == yaml.safe_load((ROOT / f"alert_rules/{name}.rules.yml").read_text())


def test_every_dashboard_is_a_config_map() -> None:
    pages = {one.name for one in (ROOT / "grafana/json").glob("*.json")}
    generated = yaml.safe_load((ROOT / "grafana/kustomization.yaml").read_text())["configMapGenerator"]
    assert {Path(file).name for one in generated for file in one["files"]} == pages
    assert {one.name for one in (CHART / "files").glob("*.json")} == pages


def test_files_of_the_chart_are_links_to_the_generated_ones() -> None:
    files = list((CHART / "files").iterdir())
    assert len(files) >= 5
    assert all(one.is_symlink() and one.resolve().is_relative_to(ROOT) and one.exists() for one in files)


def test_the_version_is_that_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert {chart["version"], chart["appVersion"]} == {VERSION}
    for name in ("exporter", "forecaster"):
        assert values[name]["image"].endswith(f"/virtcast-{name}:{VERSION}")
    for example in ("libvirt", "kubevirt"):
        images = yaml.safe_load((KUBERNETES / example / "kustomization.yaml").read_text())["images"]
        assert {one["newTag"] for one in images} == {VERSION}


def test_the_forecaster_reads_the_configuration_of_its_config_map() -> None:
    given = KUBERNETES / "forecaster/forecaster.yml"
    assert read(given).backend.url == "http://prometheus-operated:9090"
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert yaml.safe_load(given.read_text()) == values["forecaster"]["config"]


def test_a_config_map_that_changes_has_another_name() -> None:
    base = yaml.safe_load((KUBERNETES / "forecaster/kustomization.yaml").read_text())
    (generated,) = base["configMapGenerator"]
    assert generated == {"name": "virtcast-forecaster", "files": ["forecaster.yml"]}
    assert "disableNameSuffixHash" not in base.get("generatorOptions", {})


class Job(NamedTuple):
    """How something is scraped: the name of the job, the path, whose labels win, and how often."""

    name: str
    path: str
    honest: bool
    interval: str


def jobs(given: Iterable[Mapping[str, Any]]) -> set[Job]:
    """Of scrape_configs."""
    return {
        Job(
            one["job_name"],
            one.get("metrics_path", "/metrics"),
            one.get("honor_labels", False),
            one["scrape_interval"],
        )
        for one in given
    }


EXAMPLE = jobs(yaml.safe_load((ROOT / "deploy/packaging/config/scrape_jobs.yml").read_text()))


def test_the_jobs_of_the_example_are_those_of_the_whole_configuration() -> None:
    whole = yaml.safe_load((ROOT / "deploy/config/prometheus/prometheus.yml").read_text())
    configured = jobs({**whole["global"], **one} for one in whole["scrape_configs"])
    assert configured >= EXAMPLE
    assert len(EXAMPLE) == 3


def test_the_chart_scrapes_as_often_as_the_example() -> None:
    intervals = yaml.safe_load((CHART / "values.yaml").read_text())["serviceMonitor"]["intervals"]
    names = {"exporter": "libvirt", "forecaster": "virtcast", "fast": "virtcast-fast"}
    assert {names[key]: every for key, every in intervals.items()} == {
        one.name: one.interval for one in EXAMPLE
    }


def test_what_is_scraped_are_the_jobs_of_the_example() -> None:
    endpoints = [
        one
        for name in ("exporter", "forecaster")
        for one in yaml.safe_load((KUBERNETES / f"{name}/servicemonitor.yaml").read_text())["spec"][
            "endpoints"
        ]
    ]
    found = {
        Job(label["replacement"], one.get("path", "/metrics"), one.get("honorLabels", False), one["interval"])
        for one in endpoints
        for label in one["relabelings"]
        if label["targetLabel"] == "job"
    }
    assert found == EXAMPLE
    assert not [one for one in endpoints if "scrapeTimeout" in one]
