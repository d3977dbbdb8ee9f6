"""How many there are of something: none is another answer than not known."""

from __future__ import annotations


def together(by: str, counts: str) -> str:
    """What forecasters count, by the label `by` or in all: shards add up, and replicas are taken for one."""
    labels = ", ".join(filter(None, (by, "replica")))
    return f"max{by and f' by ({by}) '}(sum by ({labels}) ({counts}))"


def counted(found: str, among: str) -> str:
    """How many series `found` has: 0 where there is any of `among`, and no answer where there is none."""
    return f"count({found}) or 0 * count({among})"
