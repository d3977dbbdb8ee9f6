"""What is remembered of advice, as bytes: JSON with a version, each thing a list of its fields in order."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any, TypeVar, get_type_hints

from forecaster.advice.signs import KINDS as KINDS_OF_ISSUES
from forecaster.serve.state_file import ODD, UnusableError
from forecaster.view.remembered import Adoption, IssueCourse, Recommended, Remembered

if TYPE_CHECKING:
    from forecaster.series.labels import Labels

VERSION = 1
MOST = {"issues": 1_000, "recommended": 200_000, "adoptions": 100}
"""How many of each are read: issues and adoptions as many as are remembered; two parts of 100,000 VMs."""

KINDS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    float: (int, float),
    float | None: (int, float, type(None)),
}
"""What JSON gives for a field of each type; labels are checked as they are made."""
HINTS: dict[type, dict[str, Any]] = {of: get_type_hints(of) for of in (IssueCourse, Recommended, Adoption)}

Row = TypeVar("Row", IssueCourse, Recommended, Adoption)


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
        about = json.load(file, parse_constant=_refused)
        version = about["version"]
        known = _remembered({name: about[name][-most:] for name, most in MOST.items()}, about["adopted"])
    except ODD as error:
        raise UnusableError(f"its content is not understood ({type(error).__name__}: {error})") from error
    if version != VERSION:
        raise UnusableError(f"it has version {version}, this program reads {VERSION}")
    return known


def _remembered(told: dict[str, list[Any]], adopted: dict[str, int]) -> Remembered:
    courses = [_checked(IssueCourse(name, _labels(labels), *rest)) for name, labels, *rest in told["issues"]]
    if odd := [of.kind for of in courses if of.kind not in KINDS_OF_ISSUES]:
        raise ValueError(f"an issue is of the kind {odd[0]!r:.40}")
    adoptions = tuple(_checked(Adoption(_labels(labels), *rest)) for labels, *rest in told["adoptions"])
    counts = {part: int(adopted.get(part, 0)) for part in Remembered().adopted}
    open_then = {
        (_labels(labels), str(part)): _checked(Recommended(*rest))
        for labels, part, *rest in told["recommended"]
    }
    return Remembered({of.id: of for of in courses}, open_then, adoptions, counts)


def _checked(row: Row) -> Row:
    """`row`, if each field is of its type; raises TypeError otherwise."""
    for name, kind in HINTS[type(row)].items():
        if kind in KINDS and not isinstance(getattr(row, name), KINDS[kind]):
            raise TypeError(f"{name} of {type(row).__name__} is {getattr(row, name)!r:.40}")
    return row


def _labels(pairs: list[list[str]]) -> Labels:
    labels = tuple((name, value) for name, value in pairs)
    if not all(isinstance(text, str) for pair in labels for text in pair):
        raise TypeError(f"labels are {labels!r:.40}")
    return labels


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number")
