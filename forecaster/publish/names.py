"""What the labels of source series are called on the page, so that series stay apart.

A label whose name has another meaning here gets `exported_` before its name, as often as it takes, as
Prometheus does it. Where a reader takes no names outside the classic alphabet, they are escaped before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from exporter.web.label_names import Escaping, escaped
from forecaster.publish.metrics import SERIES_METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.series.labels import Labels

RESERVED = frozenset(label for metric in SERIES_METRICS for label in metric.labels) | {"__name__"}


class Named(NamedTuple):
    """The names of each series' labels, in their order; and how many series are left out.

    Left out is a series that would be called exactly as another one is.
    """

    names: Mapping[Labels, tuple[str, ...]]
    left_out: int


def named(series: Iterable[Labels], escaping: Escaping, also: frozenset[str] = frozenset()) -> Named:
    """The names of the labels of a resource's series; a series with its own names has precedence.

    `also` are further names that have another meaning here.
    """
    names: dict[Labels, tuple[str, ...]] = {}
    renamed: dict[Labels, tuple[str, ...]] = {}
    for row in series:
        own = tuple(name for name, _ in row)
        written = label_names(own, escaping, RESERVED | also)
        (names if written == own else renamed)[row] = written
    taken, left_out = set(names), 0
    for row in sorted(renamed):
        called = tuple(sorted((name, value) for name, (_, value) in zip(renamed[row], row, strict=True)))
        if called in taken:
            left_out += 1
        else:
            taken.add(called)
            names[row] = renamed[row]
    return Named(names, left_out)


@lru_cache(maxsize=4096)
def label_names(
    own: tuple[str, ...], escaping: Escaping, reserved: frozenset[str] = RESERVED
) -> tuple[str, ...]:
    """The names of one series' labels, all different; those that need no change keep theirs."""
    written = [escaped(name, escaping) for name in own]
    kept = {name for name, again in zip(own, written, strict=True) if name == again} - reserved
    taken = reserved | kept
    found = []
    for name, called in zip(own, written, strict=True):
        if name not in kept:
            while called in taken:
                called = f"exported_{called}"  # noqa: PLW2901 (until it is free)
            taken |= {called}
        found.append(called)
    return tuple(found)
