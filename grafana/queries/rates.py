"""Counters as rates, one series for each combination of labels."""

from __future__ import annotations

SEEN = "10m"  # how old a sample may be: older than one that rules leave out once


def rate(counter: str, matchers: str, by: str = "") -> str:
    """The increase per second over the shortest window that has samples enough."""
    return f"max{by and f' by ({by}) '}(rate({counter}{{{matchers}}}[$__rate_interval]))"


def increase(counter: str, matchers: str, by: str, within: str = "$__rate_interval") -> str:
    """How much a counter increased, summed; results that never occurred have no series."""
    return f"sum by ({by}) (increase({counter}{{{matchers}}}[{within}]))"


def increase_each_step(counter: str, matchers: str, by: str) -> str:
    """How much a counter increased in each step of a graph, summed: whole numbers, which add up.

    `increase` over a step leaves out what happened between two samples in different steps, and is no whole
    number. What a counter shows at the end of a step, less what it showed at the end of the one before, has
    each of them once: of a host that went off in the step, what it showed last. Where it began anew in the
    step, or after a pause, there is nothing better than `increase`; between two steps it is what it shows
    now.
    """
    series = f"{counter}{{{matchers}}}"
    now, before = (f"last_over_time({series}[{SEEN}]{offset})" for offset in ("", " offset $__interval"))
    some = f"round(increase({series}[$__interval]))"
    anew = f"{some} and resets({series}[$__interval]) > 0"
    ended = f"last_over_time({series}[$__interval]) - {before}"
    each = (anew, f"{now} - {before} >= 0", f"{now} and {before}", f"{ended} >= 0", some)
    return f"sum by ({by}) ({' or '.join(each)})"


def share(part: str, whole: str) -> str:
    """A ratio of two expressions with the same labels; absent where the whole is zero."""
    return f"{part} / ({whole} > 0)"
