"""A line of what a program finds when it is asked whether it works: `--check`, `check-config --online`."""

from __future__ import annotations

from typing import NamedTuple


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
