"""Counters as rates, one series for each combination of labels."""

from __future__ import annotations


def rate(counter: str, matchers: str, by: str = "") -> str:
    """The increase per second over the shortest window that has samples enough."""
    return f"max{by and f' by ({by}) '}(rate({counter}{{{matchers}}}[$__rate_interval]))"


def increase(counter: str, matchers: str, by: str, within: str = "$__rate_interval") -> str:
    """How much a counter increased, summed; results that never occurred have no series."""
    return f"sum by ({by}) (increase({counter}{{{matchers}}}[{within}]))"


def share(part: str, whole: str) -> str:
    """A ratio of two expressions with the same labels; absent where the whole is zero."""
    return f"{part} / ({whole} > 0)"
