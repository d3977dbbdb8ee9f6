"""What needs no kubectl and no helm: generated files, one version, the configuration that is mounted."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from forecaster.config.file import read

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/packaging/kubernetes"
CHART = ROOT / "deploy/packaging/helm/virtcast"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("name", ["alerts", "recording"])
def test_a_prometheus_rule_is_the_generated_file(name: str) -> None:
    one = yaml.safe_load((KUBERNETES / f"rules/{name}.yaml").read_text())
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


def test_the_forecaster_reads_the_configuration_of_its_config_map(tmp_path: Path) -> None:
    given = yaml.safe_load((KUBERNETES / "forecaster/configmap.yaml").read_text())["data"]["forecaster.yml"]
    (tmp_path / "forecaster.yml").write_text(given)
    assert read(tmp_path / "forecaster.yml").backend.url == "http://prometheus-operated:9090"
    assert (
        yaml.safe_load(given) == yaml.safe_load((CHART / "values.yaml").read_text())["forecaster"]["config"]
    )
