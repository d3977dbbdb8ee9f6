"""Filter environment_words: a list as a value in a file that systemd reads (EnvironmentFile=)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# systemd takes a backslash off these twice: within double quotes of the file, and where it splits $ARGS.
_OF_VALUES = re.compile(r'(["\\`$])')
_OF_WORDS = re.compile(r"""([\\"'\s])""")


def environment_words(words: Sequence[str]) -> str:
    """The words between double quotes, so that a unit's `$NAME` becomes just these arguments.

    Raises ValueError for control characters, which systemd does not take.
    """
    if wrong := [word for word in words if not word.isprintable()]:
        raise ValueError(f"systemd takes no control characters: {wrong[0]!r}")
    value = " ".join(_OF_WORDS.sub(r"\\\1", word) or '""' for word in words)
    return '"' + _OF_VALUES.sub(r"\\\1", value) + '"'


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[[Sequence[str]], str]]:
        return {"environment_words": environment_words}
