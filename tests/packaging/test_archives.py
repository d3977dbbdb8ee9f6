"""The archives of the Helm chart and the Ansible collection: the same bytes each time, and complete.

That helm and ansible-galaxy take them is tested by `make test-kubernetes` and `make test-ansible`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "deploy/packaging"
VERSION = yaml.safe_load((PACKAGING / "ansible/galaxy.yml").read_text())["version"]
CHART, COLLECTION = f"virtcast-{VERSION}.tgz", f"virtcast-monitoring-{VERSION}.tar.gz"
WHEN = 1_900_000_000


def made(folder: Path, packaging: Path = PACKAGING) -> dict[str, bytes]:
    command = [sys.executable, str(packaging / "archives.py"), str(folder)]
    subprocess.run(command, env=os.environ | {"SOURCE_DATE_EPOCH": str(WHEN)}, check=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def differing(made: dict[str, bytes], others: dict[str, bytes]) -> list[str]:
    return sorted(name for name in made.keys() | others.keys() if made.get(name) != others.get(name))


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return made(tmp_path_factory.mktemp("archives"))


def contents(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = {one.name: tar.extractfile(one) for one in tar if one.isfile()}
        return {name: file.read() for name, file in found.items() if file}


def test_both_are_the_same_the_second_time(archives: dict[str, bytes], tmp_path: Path) -> None:
    assert sorted(archives) == [CHART, COLLECTION]
    assert differing(made(tmp_path / "again"), archives) == []


def test_what_a_run_of_its_filters_leaves_is_not_in_them(archives: dict[str, bytes], tmp_path: Path) -> None:
    for name in ("helm", "ansible"):
        shutil.copytree(PACKAGING / name, tmp_path / name)
    shutil.copy(PACKAGING / "archives.py", tmp_path)
    compiled = tmp_path / "ansible/plugins/filter/__pycache__/environment.cpython-311.pyc"
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_bytes(b"compiled")
    assert differing(made(tmp_path / "archives", tmp_path), archives) == []


@pytest.mark.parametrize("name", [CHART, COLLECTION])
def test_nothing_in_them_depends_on_who_builds_them_and_when(archives: dict[str, bytes], name: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(archives[name])) as tar:
        entries = tar.getmembers()
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in entries} == {(0, 0, "", "", WHEN)}
    assert {one.mode for one in entries} == {0o644, 0o755}
    assert not [one.name for one in entries if one.issym() or one.islnk()], "links lead out of an archive"
    with gzip.GzipFile(fileobj=io.BytesIO(archives[name])) as compressed:
        compressed.read(1)
        assert compressed.mtime == WHEN


def test_the_chart_has_the_rules_and_dashboards_themselves(archives: dict[str, bytes]) -> None:
    files = contents(archives[CHART])
    assert {"virtcast/Chart.yaml", "virtcast/values.yaml", "virtcast/templates/rules.yaml"} <= files.keys()
    for name in ("alerts.rules.yml", "recording.rules.yml"):
        assert files[f"virtcast/files/{name}"] == (ROOT / "alert_rules" / name).read_bytes()
    dashboards = {path.name for path in (ROOT / "grafana/json").glob("*.json")}
    assert {Path(name).name for name in files if name.endswith(".json")} == dashboards


def test_the_manifest_of_the_collection_knows_each_of_its_files(archives: dict[str, bytes]) -> None:
    files = contents(archives[COLLECTION])
    manifest = json.loads(files.pop("MANIFEST.json"))
    listed = files.pop("FILES.json")
    assert manifest["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(listed).hexdigest()
    assert manifest["collection_info"]["version"] == VERSION
    rows = [one for one in json.loads(listed)["files"] if one["ftype"] == "file"]
    sums = {one["name"]: one["chksum_sha256"] for one in rows}
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {"README.md", "meta/runtime.yml", "roles/exporter/tasks/main.yml"} <= files.keys()
    assert ".ansible-lint" in files, "only the folder .ansible is left out"
    assert "galaxy.yml" not in files
    assert "requirements.txt" not in files, "ansible-builder installs what this file of a collection lists"
