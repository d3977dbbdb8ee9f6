"""The Helm chart and the Ansible collection as archives.

    python deploy/packaging/archives.py DIR

writes virtcast-VERSION.tgz and virtcast-monitoring-VERSION.tar.gz, in the formats of `helm package` and
`ansible-galaxy collection build`. Those two put the time of the build into their archives; here the same
commit gives the same bytes: names are sorted, owners and rights are fixed, the time is SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
CHART, COLLECTION = HERE / "helm/virtcast", HERE / "ansible"
# What a collection's manifest says of it; what galaxy.yml does not say is null there.
_TOLD = (
    "namespace", "name", "version", "authors", "readme", "tags", "description", "license", "license_file",
    "dependencies", "repository", "documentation", "homepage", "issues",
)  # fmt: skip

Files = dict[str, bytes]


def main(output: Path) -> None:
    """Write both archives into a folder."""
    output.mkdir(parents=True, exist_ok=True)
    for name, files in (chart(), collection()):
        (output / name).write_bytes(packed(files, int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))


def chart() -> tuple[str, Files]:
    """The name of the archive and its files. Links to generated files become these files."""
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    files = {f"{about['name']}/{name}": content for name, content in _read(CHART).items()}
    return f"{about['name']}-{about['version']}.tgz", files


def collection() -> tuple[str, Files]:
    """The name of the archive and its files, with the two manifests that Galaxy's format asks for."""
    about = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())
    ignored = {"galaxy.yml", *about["build_ignore"]}
    found = _read(COLLECTION).items()
    files = {name: content for name, content in found if name.partition("/")[0] not in ignored}
    listed = _text({"files": [_directory("."), *_listed(files)], "format": 1})
    manifest = {
        "collection_info": {key: about.get(key) for key in _TOLD} | {"dependencies": {}},
        "file_manifest_file": _file("FILES.json", listed),
        "format": 1,
    }
    name = f"{about['namespace']}-{about['name']}-{about['version']}.tar.gz"
    return name, {"MANIFEST.json": _text(manifest), "FILES.json": listed} | files


def packed(files: Files, when: int) -> bytes:
    """A gzipped tar of files and their folders, all of the time `when` (Unix seconds)."""
    written = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=written, mode="wb", filename="", mtime=when) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in _folders(files):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, when
            tar.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o644, when
            tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def _read(folder: Path) -> Files:
    # Filters of the collection that were run, here by a test, leave compiled modules beside them.
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _folders(files: Files) -> list[str]:
    parents = {parent.as_posix() for name in files for parent in Path(name).parents}
    return sorted(parents - {"."})


def _listed(files: Files) -> list[dict[str, Any]]:
    rows = [_directory(name) for name in _folders(files)]
    return rows + [_file(name, content) for name, content in files.items()]


def _directory(name: str) -> dict[str, Any]:
    return {"name": name, "ftype": "dir", "chksum_type": None, "chksum_sha256": None, "format": 1}


def _file(name: str, content: bytes) -> dict[str, Any]:
    checksum = hashlib.sha256(content).hexdigest()
    return {"name": name, "ftype": "file", "chksum_type": "sha256", "chksum_sha256": checksum, "format": 1}


def _text(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
