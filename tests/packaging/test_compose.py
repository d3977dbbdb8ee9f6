"""The compose file: accepted, hardened, and every file that it mounts is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/packaging/containers"


PORTS = {"alertmanager": 9093, "exporter": 9177, "forecaster": 9178, "prometheus": 9090}


def config(named: dict[str, str]) -> Any:
    """What docker-compose makes of the file, with `named` in the environment."""
    compose = shutil.which("docker-compose")
    assert compose, "docker-compose is not installed: `bash deploy/packages.sh test`"
    done = subprocess.run(
        [compose, "-f", FOLDER / "compose.yml", "config"],
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


@pytest.fixture(scope="module")
def composed() -> Any:
    return config({})


def test_the_whole_stack_is_there(composed: Any) -> None:
    assert composed["services"].keys() == {"exporter", "forecaster", "prometheus", "alertmanager", "grafana"}


def test_every_service_is_hardened(composed: Any) -> None:
    for name, service in composed["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_nothing_but_the_network_of_the_host_is_needed(composed: Any) -> None:
    """A podman may have no DNS for its networks, and one before 4.7 no name of the host in them."""
    for name, service in composed["services"].items():
        assert service["network_mode"] == "host", name
        assert service.keys().isdisjoint({"ports", "networks", "extra_hosts"}), name


def test_only_this_machine_reaches_the_pages(composed: Any) -> None:
    def listening(name: str) -> list[str]:
        command = composed["services"][name]["command"]
        return [flag.partition("=")[2] for flag in command if "listen-address" in flag.partition("=")[0]]

    assert {name: listening(name) for name in PORTS} == {
        "alertmanager": ["127.0.0.1:9093", ""],  # none for a cluster
        "exporter": ["127.0.0.1:9177"],
        "forecaster": ["127.0.0.1:9178"],
        "prometheus": ["127.0.0.1:9090"],
    }
    assert composed["services"]["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"


def test_every_file_that_is_mounted_is_there(composed: Any) -> None:
    sources = [Path(one.split(":")[0]) for s in composed["services"].values() for one in s.get("volumes", [])]
    files = [one for one in sources if one.is_relative_to(ROOT)]
    assert len(files) >= 8
    assert [one for one in files if not one.exists()] == []


def test_prometheus_finds_everybody_that_its_configuration_names() -> None:
    """As on a host without containers; node_exporter may be absent."""
    usual, own = (
        {one.name: yaml.safe_load(one.read_text()) for one in folder.iterdir()}
        for folder in (ROOT / "deploy/config/prometheus/targets", FOLDER / "targets")
    )
    assert own == {**usual, "node.yml": []}
    targets = {target for groups in own.values() for one in groups for target in one["targets"]}
    assert targets == {f"localhost:{port}" for port in PORTS.values()}


def test_what_is_asked_for_a_probe_knows_the_targets(composed: Any) -> None:
    """Of the exporter that prometheus.yml asks, whose targets are a file of the user's."""
    exporter = composed["services"]["exporter"]
    (flag,) = [one for one in exporter["command"] if one.startswith("--config.file=")]
    (mounted,) = [one for one in exporter["volumes"] if one.split(":")[1] == flag.partition("=")[2]]
    assert Path(mounted.split(":")[0]).is_file()


def test_both_programs_take_a_configuration_of_the_users(tmp_path: Path) -> None:
    """The exporter with the keys to the hosts that it reads from afar."""
    files = {name: str(tmp_path / f"{name}.yml") for name in ("exporter", "forecaster")}
    named = {f"VIRTCAST_{name.upper()}_CONFIG": file for name, file in files.items()}
    services = config({**named, "VIRTCAST_EXPORTER_PKI": str(tmp_path)})["services"]
    for name, file in files.items():
        place = f"/etc/virtcast/{name}.yml"
        assert f"--config.file={place}" in services[name]["command"]
        assert f"{file}:{place}:ro" in services[name]["volumes"]
    assert f"{tmp_path}:/etc/virtcast/pki:ro" in services["exporter"]["volumes"]
    assert "--prometheus.url=http://127.0.0.1:9090" in services["forecaster"]["command"]


def test_a_fresh_stack_has_no_notification_that_fails(composed: Any) -> None:
    """It has no receivers: those of the example are at addresses where nobody listens here."""
    (folder,) = [
        Path(one.split(":")[0])
        for one in composed["services"]["alertmanager"]["volumes"]
        if one.split(":")[1] == "/etc/alertmanager"
    ]
    amtool = shutil.which("amtool")
    assert amtool, "amtool is not installed: `bash deploy/packages.sh stack`"
    subprocess.run([amtool, "check-config", folder / "alertmanager.yml"], check=True, capture_output=True)
    configuration = yaml.safe_load((folder / "alertmanager.yml").read_text())
    assert [one for one in configuration["receivers"] if one.keys() != {"name"}] == []


def test_whoever_is_told_of_alerts_is_named_in_a_folder_of_the_users(tmp_path: Path) -> None:
    """That which `virtcast-forecaster rules` writes: both the rules and Alertmanager's files."""
    named = {"VIRTCAST_ALERTMANAGER": str(tmp_path), "VIRTCAST_RULES": str(tmp_path)}
    services = config(named)["services"]
    assert f"{tmp_path}:/etc/alertmanager:ro" in services["alertmanager"]["volumes"]
    for name in ("recording", "alerts", "aggregates"):
        mount = f"{tmp_path}/{name}.rules.yml:/etc/prometheus/{name}.rules.yml:ro"
        assert mount in services["prometheus"]["volumes"]


def test_images_are_those_that_are_built(composed: Any) -> None:
    version = next(
        line.split('"')[1]
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if line[:7] == "version"
    )
    for name in ("exporter", "forecaster"):
        assert composed["services"][name]["image"] == f"localhost/virtcast-{name}:{version}"
