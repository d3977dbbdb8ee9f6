"""What identifies a series: its labels, without the name of the metric."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Labels = tuple[tuple[str, str], ...]  # sorted by name, without __name__: a series' identity
OWNER = ("domain", "instance")  # of a VM both, of a host the latter: labels of the normalised layer


def identity(labels: Mapping[str, str]) -> Labels:
    """The full label set, order-free; the metric's name is no part of it (functions drop it, selectors keep
    it). An empty value is no label.
    """
    return tuple(sorted((name, value) for name, value in labels.items() if value and name != "__name__"))


def without(labels: Labels, left_out: Sequence[str]) -> Labels:
    """The labels without some names."""
    return tuple(pair for pair in labels if pair[0] not in left_out)


def owner(labels: Labels) -> Labels:
    """The VM or host a series belongs to; empty if no label says it."""
    return tuple(pair for pair in labels if pair[0] in OWNER)


def shard_of(labels: Labels, shards: int) -> int:
    """The shard (0 … shards - 1) labels belong to: the same on every machine and in every run."""
    text = "\x00".join(f"{name}\x01{value}" for name, value in labels)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % shards
