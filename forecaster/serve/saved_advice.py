"""What is remembered of advice, as bytes: JSON with a version, each thing a list of its fields in order."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

from forecaster.serve.state_file import ODD, UnusableError
from forecaster.view.remembered import Adoption, IssueCourse, Recommended, Remembered

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

VERSION = 1
MOST = {"issues": 1_000, "recommended": 200_000, "adoptions": 100}
"""How many of each are read: issues and adoptions as many as are remembered; two parts of 100,000 VMs."""


def save(known: Remembered, file: IO[bytes]) -> None:
    """Write what is remembered."""
    about = {
        "version": VERSION,
        "issues": list(known.issues.values()),
        "recommended": [[*key, *of] for key, of in known.recommended.items()],
        "adoptions": known.adoptions,
        "adopted": dict(known.adopted),
    }
    file.write(json.dumps(about, separators=(",", ":")).encode())


def load(file: IO[bytes]) -> Remembered:
    """What was remembered; raises UnusableError where it is of another version, or is not that."""
    try:
        about = json.load(file)
        version = about["version"]
        known = _remembered({name: about[name][-most:] for name, most in MOST.items()}, about["adopted"])
    except ODD as error:
        raise UnusableError(f"its content is not understood ({type(error).__name__}: {error})") from error
    if version != VERSION:
        raise UnusableError(f"it has version {version}, this program reads {VERSION}")
    return known


def _remembered(told: dict[str, list[Any]], adopted: dict[str, int]) -> Remembered:
    courses = [IssueCourse(name, _labels(labels), *rest) for name, labels, *rest in told["issues"]]
    adoptions = tuple(Adoption(_labels(labels), *rest) for labels, *rest in told["adoptions"])
    counts = {part: int(adopted.get(part, 0)) for part in Remembered().adopted}
    open_then = {(_labels(labels), part): Recommended(*rest) for labels, part, *rest in told["recommended"]}
    return Remembered({of.id: of for of in courses}, open_then, adoptions, counts)


def _labels(pairs: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in pairs)
