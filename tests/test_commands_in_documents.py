"""The commands in the documents can be read by bash, and have commands and flags that exist."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from exporter.flags import parser
from forecaster.commands.registry import COMMANDS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "docs/*.md", "forecaster/runbooks/*.md")
    for path in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^( *)```bash\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"virtcast-(exporter|forecaster) ")
PROGRAM = re.compile(r"^(?:.*/)?virtcast-(exporter|forecaster)$")
ENDS = {"|", "&&", "||", ";", ">", "<"}


def blocks(document: str) -> list[str]:
    return [text for _, text in BLOCK.findall((ROOT / document).read_text())]


def flags_of(program: str, words: list[str]) -> set[str]:
    """The flags of a program, or of the command that is given to it."""
    if program == "exporter":
        return {name for action in parser("")._actions for name in action.option_strings}
    named = {one.name: one for one in COMMANDS}
    made = argparse.ArgumentParser()
    chosen = words[0] if words and not words[0].startswith("-") else "serve"
    assert chosen in named, chosen
    named[chosen].add_flags(made)
    return {name for action in made._actions for name in action.option_strings}


def unknown(text: str) -> list[str]:
    """The flags in commands of both programs that do not exist."""
    found = []
    for line in filter(CALL.search, text.replace("\\\n", " ").splitlines()):
        words = shlex.split(line, comments=True)
        for place, word in enumerate(words):
            rest = words[place + 1 :]
            match = PROGRAM.match(word)
            named = words[place - 1 : place] == ["--name"] or ":" in word  # a container, or its volume
            if match and not named and rest[:1] != ["--"]:  # before it stands a user, not a program
                end = next((n for n, each in enumerate(rest) if each in ENDS), len(rest))
                given = [each.partition("=")[0] for each in rest[:end] if each.startswith("-")]
                found += [flag for flag in given if flag not in flags_of(match[1], rest[:end])]
    return found


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if blocks(each)])
def test_bash_can_read_them_and_their_flags_exist(document: str) -> None:
    for text in blocks(document):
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert unknown(text) == []


def test_a_flag_that_does_not_exist_is_found() -> None:
    assert unknown("virtcast-exporter --chek") == ["--chek"]
    assert unknown("x && virtcast-forecaster rules --output DIR \\\n  --online | head -n 1") == ["--online"]
