"""One source, two renderings: both are valid, and the committed one is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from demo import stack
from forecaster.config.durations import seconds
from forecaster.config.file import read
from forecaster.config.model import Config
from forecaster.config.resources import RESOURCES

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from types import ModuleType

    Tool = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
RULES = ("alerts.rules.yml", "recording.rules.yml")


def test_committed_files_are_what_the_templates_say(renderer: ModuleType) -> None:
    assert renderer.stale(renderer.render(renderer.DEFAULT)) == []


def test_check_tells_which_file_is_out_of_date(
    renderer: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert renderer.main(["--check"]) == 0

    monkeypatch.setattr(renderer, "render", lambda _: {Path("alert_rules/alerts.rules.yml"): "by hand"})
    assert renderer.main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("alert_rules/alerts.rules.yml is not what its template says")


def test_a_profile_without_a_committed_place_asks_for_one(
    renderer: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        renderer.main(["--profile", "demo"])
    assert ended.value.code != 0
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("name", RULES)
def test_rules_pass_promtool(rendered: Path, run: Tool, name: str) -> None:
    checked = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", rendered / name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_configuration_passes_promtool(rendered: Path, run: Tool) -> None:
    checked = run("promtool", "check", "config", rendered / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 rule files found" in checked.stdout
    assert "WARNING" not in checked.stdout, "a file of targets is missing"


def test_the_forecasts_keep_their_labels(rendered: Path) -> None:
    jobs = {
        job["job_name"]: job
        for job in yaml.safe_load((rendered / "prometheus.yml").read_text())["scrape_configs"]
    }
    assert jobs["virtcast"]["honor_labels"] is True
    assert not jobs["libvirt"].get("honor_labels", False)


def test_every_group_is_evaluated_at_the_profile_s_interval(
    renderer: ModuleType, profile: str, rendered: Path
) -> None:
    for name in RULES:
        for group in yaml.safe_load((rendered / name).read_text())["groups"]:
            assert group["interval"] == renderer.PROFILES[profile].evaluation_interval


def test_a_rate_has_four_scrapes_or_more(renderer: ModuleType, profile: str) -> None:
    chosen = renderer.PROFILES[profile]
    assert seconds(chosen.rate_window) >= 4 * seconds(chosen.scrape_interval)


def test_the_default_horizons_are_forecast_by_default(renderer: ModuleType) -> None:
    horizons = {each.name: {horizon.label for horizon in each.horizons} for each in RESOURCES}
    assert renderer.DEFAULT.filesystem_horizon in horizons["vm_filesystem"]
    assert renderer.DEFAULT.memory_horizon in horizons["vm_memory"]


def test_the_demo_s_horizons_are_forecast_in_the_demo(renderer: ModuleType, tmp_path: Path) -> None:
    stack.configure(tmp_path, stack.Addresses.choose([]), [])
    config = read(tmp_path / "forecaster.yml")
    horizons = {each.name: {horizon.label for horizon in each.horizons} for each in config.resources}
    assert renderer.DEMO.filesystem_horizon in horizons["vm_filesystem"]
    assert renderer.DEMO.memory_horizon in horizons["vm_memory"]
    assert renderer.DEMO.evaluation_interval == f"{config.step}s"


def test_the_forecaster_is_given_three_cycles(renderer: ModuleType) -> None:
    assert renderer.DEFAULT.forecaster_max_age == 3 * Config().step


def test_addresses_are_flags(renderer: ModuleType, tmp_path: Path) -> None:
    flags = ["--webhook-url=http://hook:1", "--watchdog-url=https://heart.test/4"]
    flags += ["--grafana-url=http://board:2", "--runbook-url=http://book:3"]
    assert renderer.main(["--output", str(tmp_path), *flags]) == 0

    alertmanager, alerts = (
        (tmp_path / "alertmanager.yml").read_text(),
        (tmp_path / "alerts.rules.yml").read_text(),
    )
    assert "url: http://hook:1/critical" in alertmanager
    assert "url: https://heart.test/4" in alertmanager
    assert "http://board:2/d/virtcast-vm?" in alerts
    assert "runbook_url: http://book:3/LibvirtDown.md" in alerts
