"""The RPM packages need what pyproject.toml needs, in the same versions.

`make test-packages` builds, installs and erases them on Debian, where their dependencies have other names.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "deploy/packaging/virtcast.spec").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPILED = {"google-re2"}  # deploy/packaging/re2.pyx is in its place
DIST = re.compile(r"python3dist\(([\w-]+)\) >= ([\d.]+)")


def preamble(package: str) -> dict[str, str]:
    """The dependencies of a package by their strength; lines with the same tag are joined."""
    found: dict[str, str] = {}
    text = SPEC.partition(f"\n%package {package}\n")[2].partition("\n%description")[0]
    for tag, value in re.findall(r"^(Requires|Recommends|Suggests): +(.*)$", text, re.MULTILINE):
        found[tag] = f"{found.get(tag, '')} {value}"
    return found


def least(requirements: list[str]) -> dict[str, str]:
    found = [Requirement(each) for each in requirements]
    return {one.name: next(iter(one.specifier)).version for one in found if one.name not in COMPILED}


@pytest.mark.parametrize(
    ("package", "strength", "extras"),
    [
        ("exporter", "Requires", ["exporter"]),
        ("forecaster", "Requires", ["forecaster"]),
        ("forecaster", "Recommends", ["placement"]),
        ("forecaster", "Suggests", ["pdf"]),
    ],
)
def test_the_least_versions_are_those_of_the_project(package: str, strength: str, extras: list[str]) -> None:
    shared = PROJECT["dependencies"] if strength == "Requires" else []
    wanted = least([*shared, *(each for one in extras for each in PROJECT["optional-dependencies"][one])])
    stated = preamble(package)[strength]
    assert dict(DIST.findall(stated)) == wanted
    assert stated.count("python3dist(") == len(wanted), "each has a least version"
