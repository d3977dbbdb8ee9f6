"""Counters as rates, one series for each combination of labels."""

from __future__ import annotations

SEEN = "10m"  # how old a sample may be: older than one that rules leave out once


def rate(counter: str, matchers: str, by: str = "") -> str:
    """The increase per second over the shortest window that has samples enough."""
    return f"max{by and f' by ({by}) '}(rate({counter}{{{matchers}}}[$__rate_interval]))"


def increase(counter: str, matchers: str, by: str, within: str = "$__rate_interval") -> str:
    """How much a counter increased, summed; results that never occurred have no series."""
    return f"sum by ({by}) (increase({counter}{{{matchers}}}[{within}]))"


def counted(counter: str, matchers: str, by: str) -> str:
    """How much a counter increased in each step of a graph, summed: whole numbers, which add up.

    `increase` over a step leaves out what happened between two samples in different steps, and is no whole
    number. What a counter shows at the end of a step, less what it showed at the end of the one before, has
    each of them once. Where it began anew in the step there is nothing better than `increase`; between two
    steps it is what it shows now.
    """
    series = f"{counter}{{{matchers}}}"
    now, before = (f"last_over_time({series}[{SEEN}]{offset})" for offset in ("", " offset $__interval"))
    anew = f"round(increase({series}[$__interval])) and resets({series}[$__interval]) > 0"
    return f"sum by ({by}) ({anew} or {now} - {before} >= 0 or {now} and {before})"


def share(part: str, whole: str) -> str:
    """A ratio of two expressions with the same labels; absent where the whole is zero."""
    return f"{part} / ({whole} > 0)"
