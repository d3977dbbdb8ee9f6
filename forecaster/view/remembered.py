"""What is remembered of advice from cycle to cycle: the course of issues, sizes that were recommended, and
those that were adopted.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (a NamedTuple's types are read at run time)
from dataclasses import dataclass, field
from typing import NamedTuple

from forecaster.series.labels import Labels  # noqa: TC001 (as above)


class IssueCourse(NamedTuple):
    """One issue from when it was first seen to when it was last seen, Unix seconds; `kind` is the most urgent
    that it was, `text` what was last said. `ended` is None while it goes on.
    """

    id: str
    labels: Labels
    kind: str
    text: str
    first: float
    last: float
    ended: float | None = None


class Recommended(NamedTuple):
    """A size that is recommended: what there was when it was, what would do, since when; what there is now
    (0: the same); the UUID of the VM, empty: not known.
    """

    current: float
    size: float
    since: float
    now: float = 0.0
    uuid: str = ""


class Adoption(NamedTuple):
    """A size that was recommended since `since`, and came at `at`, Unix seconds; virtual CPUs or bytes."""

    labels: Labels
    part: str
    before: float
    recommended: float
    after: float
    since: float
    at: float


@dataclass(frozen=True)
class Remembered:
    """Since the program started; of earlier runs, too, where it keeps its state on disk. Courses by the id of
    the issue; open recommendations by VM and part; adoptions, the latest at the end, and how many there have
    been, by part.
    """

    issues: Mapping[str, IssueCourse] = field(default_factory=dict)
    recommended: Mapping[tuple[Labels, str], Recommended] = field(default_factory=dict)
    adoptions: tuple[Adoption, ...] = ()
    adopted: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(("cpu", "memory"), 0))
