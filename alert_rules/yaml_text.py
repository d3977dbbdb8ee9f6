"""Values as YAML that is pleasant to read: filters for the templates."""

from __future__ import annotations

import json
import re

WIDTH = 120  # columns of a rendered file
SHORT = 80  # a text up to here stays on its key's line
TEMPLATE = re.compile(r"\{\{.*?\}\}")


def comment(text: str, margin: int) -> str:
    """Lines of a comment whose first line stands at column `margin`."""
    return _lines(text, margin, prefix="# ")


def quoted(text: str) -> str:
    """A string in quotes, on one line."""
    return json.dumps(text, ensure_ascii=False)


def scalar(text: str, margin: int) -> str:
    """A string, on one line where it is short or has no place to break, else folded at column `margin`.

    A folded string is the same string: YAML reads each line break as the space that was there.
    """
    breaks = " " in TEMPLATE.sub("", text)
    if (len(text) <= SHORT or not breaks) and '"' not in text:
        return quoted(text)
    return f">-\n{' ' * margin}{_lines(text, margin)}"


def _lines(text: str, margin: int, prefix: str = "") -> str:
    """The text, broken at spaces outside of Go templates."""
    width = WIDTH - margin - len(prefix)
    words = TEMPLATE.sub(lambda found: found[0].replace(" ", "\0"), text).split(" ")
    lines = [words[0]]
    for word in words[1:]:
        fits = len(lines[-1]) + 1 + len(_unbroken(word, width)) <= width
        lines[-1:] = [f"{lines[-1]} {word}"] if fits else [lines[-1], word]
    return f"\n{' ' * margin}".join(prefix + line for line in lines).replace("\0", " ")


def _unbroken(word: str, width: int) -> str:
    """What of a word must fit: a template that fits no line may stick out of any."""
    return word if len(word) <= width else word.split("{{", 1)[0]
