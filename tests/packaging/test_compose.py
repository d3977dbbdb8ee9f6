"""The compose file: accepted, hardened, and every file that it mounts is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/packaging/containers"


@pytest.fixture(scope="module")
def composed() -> Any:
    compose = shutil.which("docker-compose")
    assert compose, "docker-compose is not installed: `bash deploy/packages.sh test`"
    done = subprocess.run(
        [compose, "-f", FOLDER / "compose.yml", "config"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def test_the_whole_stack_is_there(composed: Any) -> None:
    assert composed["services"].keys() == {"exporter", "forecaster", "prometheus", "alertmanager", "grafana"}


def test_every_service_is_hardened(composed: Any) -> None:
    for name, service in composed["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_only_this_machine_reaches_what_is_published(composed: Any) -> None:
    for name, service in composed["services"].items():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_every_file_that_is_mounted_is_there(composed: Any) -> None:
    sources = [Path(one.split(":")[0]) for s in composed["services"].values() for one in s.get("volumes", [])]
    files = [one for one in sources if one.is_relative_to(ROOT)]
    assert len(files) >= 8
    assert [one for one in files if not one.exists()] == []


def test_prometheus_finds_everybody_that_its_configuration_names(composed: Any) -> None:
    configured = (ROOT / "deploy/config/prometheus/targets").iterdir()
    targets = {one.name: yaml.safe_load((FOLDER / "targets" / one.name).read_text()) for one in configured}
    hosts = {
        target.split(":")[0] for groups in targets.values() for one in groups for target in one["targets"]
    }
    assert hosts - {"host.docker.internal"} <= composed["services"].keys()
    assert {"forecaster", "host.docker.internal"} <= hosts


def test_grafana_has_the_provisioned_data_source_with_another_address() -> None:
    own = yaml.safe_load((FOLDER / "datasource.yml").read_text())
    shared = yaml.safe_load((ROOT / "grafana/provisioning/datasources/virtcast.yml").read_text())
    assert own["datasources"][0].pop("url") == "http://prometheus:9090"
    del shared["datasources"][0]["url"]
    assert own == shared


def test_images_are_those_that_are_built(composed: Any) -> None:
    version = next(
        line.split('"')[1]
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if line[:7] == "version"
    )
    for name in ("exporter", "forecaster"):
        assert composed["services"][name]["image"] == f"localhost/virtcast-{name}:{version}"
