"""The bill of materials: complete, the same each time, and with licences."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def made() -> str:
    command = [sys.executable, str(ROOT / "deploy/packaging/sbom.py")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(made())
    return document


def test_it_has_the_version_of_the_project(bill: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert bill["metadata"]["component"]["version"] == project["version"]
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_what_both_programs_import_is_there_and_nothing_of_development(bill: dict[str, Any]) -> None:
    names = {each["name"].lower() for each in bill["components"]}
    assert {"tornado", "libvirt-python", "numpy", "requests", "urllib3", "google-re2"} <= names
    assert not names & {"pytest", "cython", "statsmodels", "mypy"}


def test_every_part_has_a_licence_and_every_reference_is_a_part(bill: dict[str, Any]) -> None:
    parts = [bill["metadata"]["component"], *bill["components"]]
    assert [each["name"] for each in parts if not each["licenses"]] == []
    assert "unknown" not in json.dumps(parts)
    references = {each["bom-ref"] for each in parts}
    assert {each["ref"] for each in bill["dependencies"]} == references
    assert {to for each in bill["dependencies"] for to in each["dependsOn"]} <= references


def test_it_is_the_same_each_time() -> None:
    assert made() == made()
