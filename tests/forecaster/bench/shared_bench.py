"""The bench that is shared, no part of the project: where it is told to be, and its modules."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any


def parser(about: str | None) -> argparse.ArgumentParser:
    """The flags of a program that reads the shared bench: `data`, and `json` for its figures."""
    made = argparse.ArgumentParser(description=about)
    made.add_argument("--data", type=Path, required=True, help="the shared bench")
    made.add_argument("--json", type=Path, required=True)
    return made


def imported(data: Path, name: str) -> Any:
    """A module of the shared bench; ImportError where it has none of that name."""
    if str(data) not in sys.path:
        sys.path.insert(0, str(data))
    return importlib.import_module(name)
