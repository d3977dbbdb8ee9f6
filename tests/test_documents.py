"""What documents name exists: files and folders, metrics are tested elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "SECURITY.md", ".github/*.md", "docs/*.md", "docs/adr/*.md")
    for path in ROOT.glob(pattern)
)
NAMED = re.compile(r"`([\w.-]+(?:/[\w.*-]+)*/?)`")
PLACES = (ROOT, ROOT / "exporter", ROOT / "forecaster")
PLACEHOLDERS = re.compile(r"NAME|PROVIDER|AREA|METHOD|nwfilter|…")  # nwfilter: an example that does not exist


def paths(text: str) -> set[str]:
    """The words in backticks that are files or folders: with a slash, or with a suffix of ours."""
    words = {word for word in NAMED.findall(text) if not PLACEHOLDERS.search(word)}
    return {word for word in words if "/" in word or word.endswith((".py", ".md", ".yml"))}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_a_document_names_exist(document: str) -> None:
    named = paths((ROOT / document).read_text())
    assert [path for path in sorted(named) if not any(any(place.glob(path)) for place in PLACES)] == []


def test_a_path_is_told_from_a_word() -> None:
    assert paths("`view/rows.py`, `serve/`, `vm_cpu`, `alerts/NAME.py`, `rate`, `virtcast.yml`") == {
        "view/rows.py",
        "serve/",
        "virtcast.yml",
    }
