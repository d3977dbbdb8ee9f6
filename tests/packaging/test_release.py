"""The version: one place says it, and the changelog knows it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from exporter.cli import release

ROOT = Path(__file__).parents[2]
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", re.MULTILINE)
# What else may contain digits like those of the version: versions of others.
OTHERS = ("requirements.lock", "requirements.txt", "remote_write.py", "package-lock.json")
SHIPPED = ("alert_rules", "deploy", "exporter", "forecaster", "grafana")
# What has to say the version in its own words. A release changes these, too: a forgotten one is missing.
COPIES = [
    "deploy/packaging/ansible/README.md",
    "deploy/packaging/ansible/galaxy.yml",
    "deploy/packaging/containers/compose.yml",
    "deploy/packaging/helm/virtcast/Chart.yaml",
    "deploy/packaging/helm/virtcast/values.yaml",
    "deploy/packaging/kubernetes/exporter/daemonset.yaml",
    "deploy/packaging/kubernetes/forecaster/statefulset.yaml",
    "deploy/packaging/kubernetes/kubevirt/kustomization.yaml",
    "deploy/packaging/kubernetes/libvirt/kustomization.yaml",
    "docs/install.md",
]
# How they name an image or a package.
NAMED = re.compile(r"virtcast-(?:exporter|forecaster)[:_](\d+(?:\.\d+)+)")


def number(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def releases(changelog: str) -> list[tuple[str, str]]:
    """The headings below the first one, which is of what is not yet released."""
    (first, day), *rest = HEADING.findall(changelog)
    assert (first, day) == ("Unreleased", ""), "what is not released stands first, without a date"
    return rest


def check(changelog: str, current: str) -> None:
    found = releases(changelog)
    assert [name for name, day in found if not day] == [], "a release has a day"
    numbers = [number(name) for name, _ in found]
    assert numbers == sorted(set(numbers), reverse=True), "the newest release first"
    assert not numbers or number(current) >= numbers[0], "the version is not older than the newest release"


def test_the_changelog_fits_the_version() -> None:
    check((ROOT / "CHANGELOG.md").read_text(), VERSION)


@pytest.mark.parametrize(
    "changelog",
    [
        "## [0.1.0] - 2026-01-01\n",
        "## [Unreleased]\n## [0.1.0]\n",
        "## [Unreleased]\n## [0.1.0] - 2026-01-01\n## [0.2.0] - 2026-02-01\n",
        "## [Unreleased]\n## [9.0.0] - 2026-01-01\n",
    ],
)
def test_a_changelog_that_does_not_fit_is_found(changelog: str) -> None:
    with pytest.raises(AssertionError):
        check(changelog, "0.2.0")


def test_what_is_installed_says_the_version_of_the_project() -> None:
    assert version("virtcast") == release() == VERSION


def test_the_version_stands_in_one_place_and_where_a_format_needs_it() -> None:
    shipped = (path for folder in SHIPPED for path in (ROOT / folder).rglob("*"))
    files = (path for path in (*shipped, *(ROOT / "docs").glob("*.md")) if path.is_file())
    said = {path.relative_to(ROOT).as_posix() for path in files if says(path)}
    assert sorted(said) == COPIES


def test_what_is_copied_from_a_page_is_of_this_version() -> None:
    """Each image and package: one that a release forgets is of the version before."""
    named = {file: set(NAMED.findall((ROOT / file).read_text())) for file in COPIES}
    assert named["docs/install.md"]
    assert named["deploy/packaging/ansible/README.md"]
    assert {file: found - {VERSION} for file, found in named.items() if found - {VERSION}} == {}


def says(path: Path) -> bool:
    """Whether a file has the digits of the version, and is not of others."""
    if path.suffix in (".pyc", ".so", ".png") or path.name in OTHERS:
        return False
    return VERSION.encode() in path.read_bytes()
