"""The workflows: jobs, actions and files that they name exist, and nobody may do more than is needed.

CI checks their form with the schema of SchemaStore; here stands what no schema knows.
"""

from __future__ import annotations

import re
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
MINUTES = 40  # a run of CI takes no longer; its jobs run side by side
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+(\.\d+){2}$")
# What CI proves beyond `make test`.
PROVEN = {
    "packages", "release", "test-ansible", "test-channels", "test-distro", "test-images", "test-kubernetes",
    "test-lowest", "test-packages", "test-upgrade",
}  # fmt: skip
MAY_WRITE = {("release", "publish")}


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOWS[name].read_text())["jobs"]
    return found


def needs(job: dict[str, Any]) -> list[str]:
    told = job.get("needs", [])
    return [told] if isinstance(told, str) else list(told)


def targets_of(job: dict[str, Any]) -> list[str]:
    """What its matrix makes: a target of the Makefile each, with the values that it takes."""
    found: list[str] = job.get("strategy", {}).get("matrix", {}).get("target", [])
    return found


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in WORKFLOWS:
        for job, row in jobs(name).items():
            for step in row["steps"]:
                yield f"{name}.{job}", step


def test_there_are_both() -> None:
    assert set(WORKFLOWS) == {"ci", "release"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_jobs_need_jobs_that_exist_and_no_circle(name: str) -> None:
    graph = {job: needs(row) for job, row in jobs(name).items()}
    assert {each for row in graph.values() for each in row} <= graph.keys()
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(name: str) -> None:
    used = [line.strip(" -") for line in WORKFLOWS[name].read_text().splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_a_step_uses_an_action_or_runs_commands_that_bash_can_read() -> None:
    for place, step in steps():
        assert ("uses" in step) != ("run" in step), place
        text = re.sub(r"\$\{\{.*?\}\}", "X", step.get("run", ""))
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert done.stderr == "", place


def test_what_is_made_is_a_target_of_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = "\n".join(step.get("run", "") for _, step in steps())
    made = set(re.findall(r"^make ([\w-]+)$", runs, re.MULTILINE))
    made |= {one.split()[0] for name in WORKFLOWS for row in jobs(name).values() for one in targets_of(row)}
    assert made <= targets
    assert made >= PROVEN


def test_every_test_of_packages_runs() -> None:
    """They are split between jobs, so that each ends within its time."""
    usual = re.search(
        r"^test-packages:.*\n.*\$\(or \$\(PACKAGE_TESTS\),([^)]*)\)",
        (ROOT / "Makefile").read_text(),
        re.MULTILINE,
    )
    assert usual
    split = [one.partition("PACKAGE_TESTS=")[2].strip('"') for one in targets_of(jobs("ci")["packages"])]
    assert sorted(" ".join(split).split()) == sorted(usual[1].split())


def test_an_upgrade_has_the_commits_that_it_starts_from() -> None:
    """Without a depth only the newest commit is there."""
    checkout = next(row for row in jobs("ci")["packaging"]["steps"] if "checkout@" in row.get("uses", ""))
    assert "test-upgrade" in jobs("ci")["packaging"]["strategy"]["matrix"]["target"]
    assert checkout["with"] == {"fetch-depth": 0}


def test_the_form_of_workflows_is_checked() -> None:
    runs = "\n".join(step.get("run", "") for row in jobs("ci").values() for step in row["steps"])
    assert "check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml" in runs


@pytest.mark.parametrize("name", WORKFLOWS)
def test_only_who_publishes_may_write(name: str) -> None:
    assert yaml.safe_load(WORKFLOWS[name].read_text())["permissions"] == {"contents": "read"}
    writers = {(name, job) for job, row in jobs(name).items() if "permissions" in row}
    assert writers == {each for each in MAY_WRITE if each[0] == name}


def test_publishing_is_trusted_and_attested() -> None:
    job = jobs("release")["publish"]
    assert job["environment"] == "pypi"
    assert job["permissions"] == {"attestations": "write", "contents": "write", "id-token": "write"}
    text = WORKFLOWS["release"].read_text()
    assert "attest-build-provenance@" in text
    assert "attestations: true" in text
    assert "password" not in text, "trusted publishing keeps no token"


def test_what_is_published_was_built_from_what_was_tested() -> None:
    graph = {job: needs(row) for job, row in jobs("release").items()}
    before: set[str] = set()
    left = ["publish"]
    while left:
        found = graph[left.pop()]
        before |= set(found)
        left += found
    assert before == graph.keys() - {"publish"}


def test_ci_ends_within_its_time() -> None:
    assert [job for job, row in jobs("ci").items() if not 0 < row.get("timeout-minutes", 0) <= MINUTES] == []
