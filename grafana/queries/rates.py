"""Counters as rates, and means: what happened in a step of a graph, not at its end."""

from __future__ import annotations

SEEN = "65m"  # how old a sample may be: older than one of half an hour that rules leave out once


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
    newest = f"({now} or last_over_time({series}[$__interval]))"
    rose = f"({newest} - {before} >= 0 or {now} and {before})"
    return f"sum by ({by}) ({rose} unless resets({series}[$__interval]) > 0 or {some})"


def mean_of_hosts(name: str, matchers: str, offset: str = "") -> str:
    """The mean over each step of a series of hosts; the page has the variable `halves`."""
    return f"avg_over_time({name}$halves{{{matchers}}}[$__rate_interval]{offset})"


def share(part: str, whole: str) -> str:
    """A ratio of two expressions with the same labels; absent where the whole is zero."""
    return f"{part} / ({whole} > 0)"
