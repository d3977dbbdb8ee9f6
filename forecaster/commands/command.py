"""What a command is: its name, its help, its flags and what runs."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 (a NamedTuple's types are read at run time)
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse


class Command(NamedTuple):
    """A row of the command line; `run` gives the exit status and raises one-line errors."""

    name: str
    help: str
    add_flags: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
