"""The lowest versions that pyproject.toml allows of what both programs need, for pip.

    pip install $(python deploy/packaging/lowest.py)

They are the direct requirements, of the programs and of all their extras. What those need in turn is pip's
choice.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def lowest() -> list[str]:
    """Each requirement at its least version, in the order of the file."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    extras = (each for extra in project["optional-dependencies"].values() for each in extra)
    return [_pinned(Requirement(each)) for each in (*project["dependencies"], *extras)]


def _pinned(requirement: Requirement) -> str:
    """Raises ValueError for a requirement that states anything but a least version."""
    (bound,) = requirement.specifier
    if bound.operator != ">=":
        raise ValueError(f"{requirement}: not a least version")
    return f"{requirement.name}=={bound.version}"


if __name__ == "__main__":
    print(*lowest())
