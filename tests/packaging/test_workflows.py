"""The workflows: jobs, actions and files that they name exist, and nobody may do more than is needed.

CI checks their form with the schema of SchemaStore; here stands what no schema knows.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
MINUTES = 40  # a run of CI takes no longer; its jobs run side by side
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+(\.\d+){2}$")
# What CI proves beyond `make test`.
PROVEN = {
    "packages", "release", "test-ansible", "test-channels", "test-distro", "test-images", "test-kubernetes",
    "test-lowest", "test-packages", "test-upgrade",
}  # fmt: skip
CI = "./.github/workflows/ci.yml"
MAY_WRITE = {("release", "publish"), ("release", "release")}


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
            for step in row.get("steps", []):
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
    lines = [line.strip(" -") for line in WORKFLOWS[name].read_text().splitlines()]
    used = [line for line in lines if "uses:" in line and line != f"uses: {CI}"]
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
    assert job["permissions"] == {"attestations": "write", "id-token": "write"}
    assert jobs("release")["release"]["permissions"] == {"contents": "write"}
    text = WORKFLOWS["release"].read_text()
    assert "attest-build-provenance@" in text
    assert "attestations: true" in text
    assert "password" not in text, "trusted publishing keeps no token"


def test_what_is_published_was_built_from_what_was_tested() -> None:
    graph = {job: needs(row) for job, row in jobs("release").items()}
    before: set[str] = set()
    left = ["release"]
    while left:
        found = graph[left.pop()]
        before |= set(found)
        left += found
    assert before == graph.keys() - {"release"}


def test_a_release_has_passed_every_job_of_ci_and_a_tag_runs_them_once() -> None:
    assert jobs("release")["test"] == {"needs": "version", "uses": CI}
    begins = yaml.safe_load(WORKFLOWS["ci"].read_text())[True]  # YAML reads `on` as a truth value
    assert begins == {"push": {"branches": ["**"]}, "pull_request": None, "workflow_call": None}


def test_every_wheel_is_installed_and_run_where_it_was_built() -> None:
    given = jobs("release")["wheels"]["steps"][place("wheels", "pipx run cibuildwheel==")]["env"]
    assert given["CIBW_TEST_EXTRAS"] in PROJECT["project"]["optional-dependencies"]
    command = given["CIBW_TEST_COMMAND"]
    assert subprocess.run(["sh", "-nc", command], check=False).returncode == 0
    assert command.startswith("virtcast-forecaster --version && ")
    assert "virtcast-forecaster replay " in command
    assert "virtcast-forecaster" in PROJECT["project"]["scripts"]
    (compiled,) = re.findall(r"from (forecaster\.[\w.]+) import (\w+); assert \2\.__file__", command)
    assert (
        f'"{"/".join(compiled).replace(".", "/")}.py",' in (ROOT / "deploy/packaging/kernels.py").read_text()
    )


def place(job: str, what: str) -> int:
    """Which step of a job of the release has this in its text."""
    (found,) = (at for at, step in enumerate(jobs("release")[job]["steps"]) if what in str(step))
    return found


def test_the_sums_are_of_all_that_is_published_and_attested_with_it(tmp_path: Path) -> None:
    """A second attempt finds those of the first among the files."""
    steps = jobs("release")["publish"]["steps"]
    assert place("publish", "sha256sum") < place("publish", "attest-build-provenance@")
    assert steps[place("publish", "attest-build-provenance@")]["with"] == {"subject-path": "files/*"}
    files = tmp_path / "files"
    files.mkdir()
    for name in ("virtcast-1.2.3.tar.gz", "virtcast.deb", "SHA256SUMS"):
        (files / name).write_text(name)
    subprocess.run(["bash", "-ec", steps[place("publish", "sha256sum")]["run"]], cwd=tmp_path, check=True)
    told = [line.split()[1] for line in (files / "SHA256SUMS").read_text().splitlines()]
    assert told == ["virtcast-1.2.3.tar.gz", "virtcast.deb"]
    release = jobs("release")["release"]["steps"]
    assert place("release", "--check --strict SHA256SUMS") < place("release", "gh release create")
    subprocess.run(["bash", "-ec", release[place("release", "SHA256SUMS")]["run"]], cwd=tmp_path, check=True)


def test_a_release_that_failed_after_pypi_can_be_made_again() -> None:
    """PyPI takes no file twice, so nothing that comes after it is in its job, and it takes what is left."""
    upload = place("publish", "gh-action-pypi-publish@")
    assert upload == len(jobs("release")["publish"]["steps"]) - 1
    assert jobs("release")["publish"]["steps"][upload]["with"]["skip-existing"] is True
    assert needs(jobs("release")["release"]) == ["publish"]
    assert "gh release create" not in str(jobs("release")["publish"])


def test_wheels_are_built_at_the_time_of_the_commit_with_the_locked_tools(tmp_path: Path) -> None:
    """Every tool of the build has one version among the constraints."""
    rows = jobs("release")["wheels"]["steps"]
    build = rows[place("wheels", "pipx run cibuildwheel==")]["run"]
    assert "SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)" in build
    assert 'SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH PIP_CONSTRAINT=/host$PWD/constraints.txt"' in build
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    subprocess.run(
        ["bash", "-ec", rows[place("wheels", ">constraints.txt")]["run"]], cwd=tmp_path, check=True
    )
    pinned = [Requirement(line) for line in (tmp_path / "constraints.txt").read_text().splitlines()]
    versions = {one.name: str(one.specifier).removeprefix("==") for one in pinned}
    assert len(versions) == (ROOT / "requirements.lock").read_text().count("==")
    wanted = [Requirement(one) for one in PROJECT["build-system"]["requires"]]
    assert [one.name for one in wanted if not one.specifier.contains(versions.get(one.name, "0"))] == []


def test_ci_ends_within_its_time() -> None:
    assert [job for job, row in jobs("ci").items() if not 0 < row.get("timeout-minutes", 0) <= MINUTES] == []
