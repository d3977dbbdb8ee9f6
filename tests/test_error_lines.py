"""What docs/troubleshooting.md quotes is what the programs say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/troubleshooting.md"
QUOTED = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def texts() -> str:
    """The strings of both programs, those of one expression together; what is filled in is left out."""
    found = []
    for program in ("exporter", "forecaster"):
        for path in (ROOT / program).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
                elif isinstance(node, ast.JoinedStr):
                    parts = (each.value for each in node.values if isinstance(each, ast.Constant))
                    found.append("".join(map(str, parts)))
    return "\n".join(found)


def unsaid(page: str, said: str) -> list[str]:
    """The quoted lines that no text of the programs has."""
    return [
        line for line in QUOTED.findall(page) if any(part not in said for part in line.split(". To mend: "))
    ]


def test_the_programs_say_every_line() -> None:
    page = PAGE.read_text()
    assert len(QUOTED.findall(page)) > 20
    assert unsaid(page, texts()) == []


def test_a_line_that_nobody_says_is_found() -> None:
    assert unsaid("| `guest agent is silent` | x |\n| `it is broken` | x |\n", texts()) == ["it is broken"]
