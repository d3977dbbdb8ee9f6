"""What documents name exists: files and folders, metrics are tested elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

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


def test_the_first_hour_counts_the_rules_that_it_loads() -> None:
    """As `check-config --online` counts them: those of the packages, without the optional aggregates."""
    installed = re.search(r"install-rules:\n(?:\t.*\n)+", (ROOT / "deploy/packaging/install.mk").read_text())
    assert installed
    loaded = re.search(r"\$\(COPY\) (.+) \$\(RULES\)/rules/\n", installed[0])
    assert loaded
    groups = [
        group for file in loaded[1].split() for group in yaml.safe_load((ROOT / file).read_text())["groups"]
    ]
    rules = [rule for group in groups for rule in group["rules"]]
    assert all(group["name"].startswith("virtcast-") for group in groups)
    recorded = {rule["record"] for rule in rules if "record" in rule}
    alerts = [rule for rule in rules if "alert" in rule]
    page = (ROOT / "docs/first-hour.md").read_text()
    assert re.findall(r"(\d+) series are recorded|ok     alerts: (\d+) rules", page) == [
        (str(len(recorded)), ""),
        ("", str(len(alerts))),
    ]
