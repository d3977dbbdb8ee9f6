"""What identifies a series: its labels, without the name of the metric."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Labels = tuple[tuple[str, str], ...]  # sorted by name, without __name__: a series' identity
VM = ("domain", "instance")  # the labels of the normalised layer that name a VM


def identity(labels: Mapping[str, str]) -> Labels:
    """The full label set, order-free; the metric's name is no part of it (functions drop it, selectors keep
    it). An empty value is no label.
    """
    return tuple(sorted((name, value) for name, value in labels.items() if value and name != "__name__"))


def without(labels: Labels, left_out: Sequence[str]) -> Labels:
    """The labels without some names."""
    return tuple(pair for pair in labels if pair[0] not in left_out)


def vm_of(labels: Labels) -> Labels:
    """The VM a series belongs to; empty if it is none of a VM."""
    found = tuple(pair for pair in labels if pair[0] in VM)
    return found if found and found[0][0] == "domain" else ()


def shard_of(labels: Labels, shards: int) -> int:
    """The shard (0 … shards - 1) labels belong to: the same on every machine and in every run."""
    text = "\x00".join(f"{name}\x01{value}" for name, value in labels)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % shards
