"""rules and dashboards: an installation writes what the repository holds, without the development tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from forecaster.cli import main

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[3]
RULES = {
    "recording.rules.yml": "alert_rules",
    "aggregates.rules.yml": "alert_rules",
    "alerts.rules.yml": "alert_rules",
    "prometheus.yml": "deploy/config/prometheus",
    "alertmanager.yml": "deploy/config/alertmanager",
    "virtcast.tmpl": "deploy/config/alertmanager",
    **{
        f"targets/{name}.yml": "deploy/config/prometheus"
        for name in ("alertmanager", "libvirt", "node", "probe", "prometheus", "virtcast")
    },
}
# Neither the dashboards' SDK nor what lints rules is there; nor are numpy and requests.
BARE = """
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"numpy", "requests", "promql_parser", "grafana_foundation_sdk", "grafana"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

sys.meta_path.insert(0, Hidden())
from forecaster.cli import main
sys.exit(main())
"""


def bare(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-W", "error", "-c", BARE, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, cwd=at)


def test_rules_are_those_of_the_repository(tmp_path: Path) -> None:
    done = bare("rules", "--output", "rules", at=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    folder = tmp_path / "rules"
    written = {
        str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()
    }
    assert written == {name: (ROOT / place / name).read_text() for name, place in RULES.items()}


def test_every_job_of_the_written_configuration_has_its_targets(tmp_path: Path) -> None:
    for profile in ("default", "live"):
        folder = tmp_path / profile
        assert main(["rules", f"--output={folder}", f"--profile={profile}"]) == 0
        config = yaml.safe_load((folder / "prometheus.yml").read_text())
        named = [
            name
            for one in (*config["scrape_configs"], *config["alerting"]["alertmanagers"])
            for discovery in one["file_sd_configs"]
            for name in discovery["files"]
        ]
        assert {f"targets/{path.name}" for path in (folder / "targets").iterdir()} == set(named)


def test_targets_are_the_operator_s_once_they_are_written(tmp_path: Path) -> None:
    given = ["rules", f"--output={tmp_path}"]
    assert main(given) == 0
    edited, removed = tmp_path / "targets/libvirt.yml", tmp_path / "targets/node.yml"
    edited.write_text("- targets: [kvm7:9177]\n")
    removed.unlink()
    assert main(given) == 0
    assert edited.read_text() == "- targets: [kvm7:9177]\n"
    assert not removed.exists()


def test_dashboards_are_those_of_the_repository(tmp_path: Path) -> None:
    done = bare("dashboards", "--output", "a/b", at=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = {path.name: path.read_bytes() for path in (tmp_path / "a/b").iterdir()}
    ours = {path.name: path.read_bytes() for path in (ROOT / "grafana/json").iterdir()}
    assert written.keys() == ours.keys()
    assert ours
    assert [name for name in ours if written[name] != ours[name]] == []


def test_rules_take_values_and_addresses(tmp_path: Path) -> None:
    (tmp_path / "values.yml").write_text("libvirt: {down_for: 7m}\n")
    flags = [f"--values={tmp_path}/values.yml", "--grafana-url=http://board:2"]
    assert main(["rules", f"--output={tmp_path}", *flags]) == 0
    alerts = (tmp_path / "alerts.rules.yml").read_text()
    assert "for: 7m" in alerts
    assert "http://board:2/d/virtcast-vm?" in alerts


def test_rules_follow_the_forecaster_s_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its limits and thresholds, over them those of a values file; a horizon that it has not is told."""
    config, values = tmp_path / "virtcast.yml", tmp_path / "values.yml"
    config.write_text(
        "resources:\n"
        "  vm_filesystem: {limit: 0.57, threshold: 0.6}\n"
        "  vm_memory: {limit: none, horizons: [15m, 2h]}\n"
    )
    given = ["rules", f"--output={tmp_path}/out", f"--config.file={config}", f"--values={values}"]
    values.write_text("filesystem: {probability: 0.7}\n")
    assert main(given) == 1
    assert capsys.readouterr().err == (
        "virtcast-forecaster: memory.horizon is 1h, but vm_memory is forecast for 15m, 2h only: "
        "set one of these in the values file, or publish: full\n"
    )
    values.write_text("filesystem: {probability: 0.7}\nmemory: {horizon: 2h}\n")
    assert main(given) == 0
    alerts = (tmp_path / "out/alerts.rules.yml").read_text()
    used = "clamp(max by (instance, domain, mountpoint) (vm:filesystem_utilization:ratio)"
    assert f"{used}, 0.57, 0.57)" in alerts
    assert f"{used}, 0.42, 0.42)" in alerts  # the floor, 0.7 for the usual limit of 0.95
    assert 'horizon="24h"}), 0.7, 0.7)' in alerts
    assert "clamp(max by (instance, domain) (vm:memory_utilization:ratio), 0.95, 0.95)" in alerts


def test_a_mistake_in_the_values_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "values.yml").write_text("libvirt: {down_four: 7m}\n")
    assert main(["rules", f"--output={tmp_path}/out", f"--values={tmp_path}/values.yml"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f'virtcast-forecaster: {tmp_path}/values.yml:1: unknown key "down_four"')
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_configuration_of_somebody_s_own_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prometheus.yml").write_text("scrape_configs: []\n")
    assert main(["rules", f"--output={tmp_path}"]) == 1
    assert f"{tmp_path}/prometheus.yml exists and was not rendered here" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["prometheus.yml"]
    (tmp_path / "prometheus.yml").unlink()
    assert main(["rules", f"--output={tmp_path}"]) == main(["rules", f"--output={tmp_path}"]) == 0


def test_an_unknown_command_is_one_line_that_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frobnicate"]) == 2
    assert capsys.readouterr().err == (
        "virtcast-forecaster: 'frobnicate' is no command: use one of "
        "serve, replay, backtest, report, check-config, rules, dashboards\n"
    )
