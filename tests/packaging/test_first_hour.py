"""The command of docs/first-hour.md that connects Prometheus, on a configuration like Debian's.

The whole page is run in a bare tree by `make test-packages`. The pages name packages as
`make packages` and releases call them.
"""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKAGES = re.compile(r"\./(virtcast-(\w+)_\S*\.deb)\b")
RELEASED = "${each%.deb}.$suite.deb"  # what the workflow of releases calls each package
EDIT = re.compile(r"^sed -i.before .*?/etc/prometheus/prometheus\.yml$", re.MULTILINE | re.DOTALL)
RENAME = re.compile(r"^sed -i '.*prometheus\.yml$", re.MULTILINE)
THEIRS = """\
global:
  scrape_interval: 15s
rule_files:
  # - "first_rules.yml"
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["localhost:9100"]
"""


@pytest.fixture
def connected(tmp_path: Path) -> dict[str, Any]:
    """Their configuration after the command, which keeps it as it was, and after promtool's look at it."""
    file, rules = tmp_path / "prometheus.yml", tmp_path / "rules"
    file.write_text(THEIRS)
    rules.mkdir()
    for name in ("alerts", "recording"):
        (rules / f"{name}.rules.yml").symlink_to(ROOT / f"alert_rules/{name}.rules.yml")
    found = EDIT.search((ROOT / "docs/first-hour.md").read_text())
    assert found
    places = {
        "/etc/prometheus/prometheus.yml": str(file),
        "/usr/share/virtcast/rules/": f"{rules}/",
        "/usr/share/virtcast/prometheus/": f"{ROOT}/deploy/packaging/config/",
    }
    command = found[0]
    for installed, here in places.items():
        assert installed in command
        command = command.replace(installed, here)
    subprocess.run(["bash", "-euc", command], check=True)
    assert (tmp_path / "prometheus.yml.before").read_text() == THEIRS
    checked = subprocess.run(
        ["promtool", "check", "config", str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "recording.rules.yml" in checked.stdout
    loaded: dict[str, Any] = yaml.safe_load(file.read_text())
    return loaded


def test_rules_are_loaded_and_their_own_jobs_stay(connected: dict[str, Any]) -> None:
    assert len(connected["rule_files"]) == 1
    assert [job["job_name"] for job in connected["scrape_configs"]] == [
        "node", "libvirt", "virtcast", "virtcast-fast",
    ]  # fmt: skip


def test_forecasts_keep_the_labels_of_their_series(connected: dict[str, Any]) -> None:
    jobs = {job["job_name"]: job.get("honor_labels", False) for job in connected["scrape_configs"]}
    assert jobs == {"node": False, "libvirt": False, "virtcast": True, "virtcast-fast": True}


def test_a_host_may_have_the_name_by_which_node_exporter_knows_it(tmp_path: Path) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text("scrape_configs:\n" + (ROOT / "deploy/packaging/config/scrape_jobs.yml").read_text())
    section = (ROOT / "docs/first-hour.md").read_text().partition("### node_exporter on the same host")[2]
    found = RENAME.search(section)
    assert found
    command = found[0].replace("/etc/prometheus/prometheus.yml", str(file))
    subprocess.run(["bash", "-euc", command], check=True)
    job = yaml.safe_load(file.read_text())["scrape_configs"][0]
    assert job["static_configs"] == [
        {"targets": ["localhost:9177"], "labels": {"instance": "localhost:9100"}}
    ]


def test_from_packages_to_rules_there_are_three_commands() -> None:
    page = (ROOT / "docs/first-hour.md").read_text()
    sections = page.partition("## Install")[2].partition("### node_exporter")[0]
    blocks = "\n".join(re.findall(r"^```bash$(.*?)^```$", sections, re.MULTILINE | re.DOTALL))
    commands = [line for line in blocks.replace("\\\n", " ").splitlines() if line]
    assert len(commands) <= 3, commands


@pytest.mark.parametrize("page", ["first-hour", "install", "upgrade"])
def test_packages_have_the_names_that_the_pages_give(page: str) -> None:
    assert RELEASED in (ROOT / ".github/workflows/release.yml").read_text()
    named = PACKAGES.findall((ROOT / f"docs/{page}.md").read_text())
    assert {program for _, program in named} == {"exporter", "forecaster", "rules"}
    for pattern, program in named:
        built = f"virtcast-{program}_0.1.0-1_{'amd64' if program == 'forecaster' else 'all'}"
        assert fnmatchcase(f"{built}.deb", pattern), pattern
        assert fnmatchcase(f"{built}.trixie.deb", pattern), pattern
        assert not fnmatchcase(f"virtcast-{program}-dbgsym_0.1.0-1_amd64.deb", pattern), pattern
