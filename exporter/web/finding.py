"""A line of what a program finds when it is asked whether it works: `--check`, `check-config --online`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES_SHOWN = 5  # of domains, hosts, jobs, rules in one line


class Finding(NamedTuple):
    """One line; `mends` says what to do where something is wrong or missing."""

    word: str  # ok; none: something is missing; failed: something does not work
    subject: str
    text: str
    mends: str = ""

    def of_target(self, alias: str) -> Finding:
        """The same, found at one of several targets."""
        return self._replace(subject=f"target {alias}: {self.subject}")

    def __str__(self) -> str:
        return f"{self.word:7}{self.subject}: {self.text}" + (
            f". To mend: {self.mends}" if self.mends else ""
        )


def some(names: Iterable[str]) -> str:
    """The first of the names, and how many more there are."""
    told = sorted(names)
    more = len(told) - NAMES_SHOWN
    return ", ".join(told[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
