"""The row of a collector: all that the rest of the exporter knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exporter.metric import Metric, Sample
    from exporter.snapshot.need import Need
    from exporter.snapshot.snapshot import Snapshot


class Collector(NamedTuple):
    """A collector: its metrics, and a pure function that makes their samples from a snapshot.

    `name` gives the flag --[no-]collector.NAME and the label `collector`, `about` the help of the flag. The
    page has the collectors by ascending `order`. The source is asked for `needs` while the collector is
    enabled; `enabled` says whether it is without a flag.
    """

    name: str
    order: int
    about: str
    metrics: tuple[Metric, ...]
    collect: Callable[[Snapshot], Iterator[Sample]]
    needs: tuple[Need, ...] = ()
    enabled: bool = True

    @property
    def usual(self) -> str:
        """What it is without a flag, in a word: on or off."""
        return "on" if self.enabled else "off"
