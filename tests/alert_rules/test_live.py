"""The profile `live`: what Prometheus scrapes how often, so that anomalies are seen within seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from forecaster.cli import main
from forecaster.config.file import read

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

CONFIG = Path(__file__).parents[2] / "deploy/config"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files."""
    folder = tmp_path_factory.mktemp("live")
    given = ["rules", "--profile=live", f"--config.file={CONFIG}/forecaster/live.yml", f"--output={folder}"]
    assert main(given) == 0
    return folder


def jobs(folder: Path) -> dict[str, dict[str, Any]]:
    config = yaml.safe_load((folder / "prometheus.yml").read_text())
    return {job["job_name"]: {**config["global"], **job} for job in config["scrape_configs"]}


def test_prometheus_takes_it(live: Path, run: Tool) -> None:
    checked = run("promtool", "check", "config", live / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_jobs_and_fast_scores_are_scraped_every_second_and_the_rest_every_two(live: Path) -> None:
    found = jobs(live)
    for name in ("libvirt-jobs", "virtcast-fast"):
        assert found[name]["scrape_interval"] == "1s"
    assert found["libvirt"]["scrape_interval"] == found["node"]["scrape_interval"] == "2s"
    assert found["virtcast"]["scrape_interval"] == "1m", "forecasts are new once a step"
    assert found["virtcast-fast"]["honor_labels"] is True


def test_a_gauge_of_a_job_comes_from_one_scrape_job_only(live: Path) -> None:
    (rule,) = jobs(live)["libvirt"]["metric_relabel_configs"]
    assert (rule["regex"], rule["action"]) == ("libvirt_domain_job_.+", "drop")


def test_no_timeout_is_longer_than_its_interval(live: Path) -> None:
    for job in jobs(live).values():
        assert int(job["scrape_timeout"][:-1]) <= int(job["scrape_interval"][:-1]) * (
            60 if job["scrape_interval"].endswith("m") else 1
        )


def test_the_forecaster_s_example_has_a_fast_lane() -> None:
    fast = {each.name: each.fast for each in read(CONFIG / "forecaster/live.yml").resources if each.fast}
    assert fast["vm_cpu"] == 1


def test_the_fast_lane_asks_what_the_rule_records_or_what_another_rule_does(live: Path) -> None:
    """Over three scrapes instead of four; the label `provider` is given by the rule."""
    groups = yaml.safe_load((live / "recording.rules.yml").read_text())["groups"]
    (rule,) = (
        each["expr"]
        for group in groups
        for each in group["rules"]
        if each["record"] == "vm:cpu_utilization:ratio" and each["labels"] == {"provider": "libvirt"}
    )
    (cpu,) = (each for each in read(CONFIG / "forecaster/live.yml").resources if each.name == "vm_cpu")
    recorded = " ".join(rule.replace("[8s]", "[6s]").split())
    assert " ".join(str(cpu.fast_query).split()) == (
        f'label_replace( {recorded}, "provider", "libvirt", "", "" ) or {cpu.query}'
    )
