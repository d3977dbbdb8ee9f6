"""What docs/security.md promises has a test, and what holds for the repository itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def without_test(text: str) -> list[str]:
    """The named tests that do not exist."""
    return [f"{file}::{name}" for file, name in NAMED.findall(text) if name not in functions(ROOT / file)]


def test_the_tests_that_the_security_page_names_exist() -> None:
    text = (ROOT / "docs/security.md").read_text()
    assert len(NAMED.findall(text)) > 30
    assert without_test(text) == []


def test_every_promise_about_secrets_and_every_bound_names_a_test() -> None:
    text = (ROOT / "docs/security.md").read_text()
    rows = [line for line in text.partition("network client can")[2].splitlines() if line.startswith("| ")]
    assert [row for row in rows[1:] if not NAMED.search(row)] == []


def test_a_test_that_does_not_exist_is_found() -> None:
    assert without_test("`tests/test_promises.py::test_of_nothing` `tests/gone.py::test_a`") == [
        "tests/test_promises.py::test_of_nothing",
        "tests/gone.py::test_a",
    ]


def test_actions_are_pinned_by_commit() -> None:
    """A tag can be moved to other code; a workflow of this repository (./) is of the same commit."""
    used = [
        line.partition("uses:")[2].strip()
        for file in (ROOT / ".github/workflows").glob("*.yml")
        for line in file.read_text().splitlines()
        if "uses:" in line and "uses: ./" not in line
    ]
    assert used
    assert [each for each in used if not re.match(r"[\w./-]+@[0-9a-f]{40}\b", each)] == []
