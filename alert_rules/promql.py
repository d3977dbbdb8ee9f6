"""The parts of PromQL that many rules repeat, as functions from text to text."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alert_rules.values import Scalar


def series(metric: str, /, **labels: str) -> str:
    """A selector: the metric's series with exactly these label values."""
    matchers = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{matchers}}}"


def grouped(labels: Iterable[str]) -> str:
    """A list of labels as `by` and `on` take it."""
    return f"({', '.join(labels)})"


def largest(vector: str, by: Iterable[str]) -> str:
    """One series per `by`. That drops the scrape job and folds a target that is scraped twice."""
    return f"max by {grouped(by)} ({vector})"


def rate(counter: str, by: Iterable[str]) -> str:
    """The counter's increase per second over the window of the recording rules, one series per `by`."""
    return largest(f"rate({counter}[$rate_window])", by)


def increased(counter: str, by: Iterable[str], within: str) -> str:
    """How much the counter increased `within` a duration, one series per `by`."""
    return largest(f"increase({counter}[{within}])", by)


def stated(value: str, otherwise: str) -> str:
    """What is stated for single series, be it lower or higher, and for all others what `otherwise` gives."""
    return f"""\
(
    {value}
    or
    {otherwise}
  )"""


def scraped(metric: str, jobs: str, within: str, matchers: str = "") -> str:
    """`up` of the targets that publish `metric`, whatever their jobs are called.

    A target that answers, or did `within` a duration, is known by the metric. One that never answered is
    known by the name of its job only, a regular expression. `matchers` narrow the targets.
    """
    also, own = (f", {matchers}", f"{{{matchers}}}") if matchers else ("", "")
    return f"""\
up{{job=~"{jobs}"{also}}}
  or
up{own} and on (job, instance) last_over_time({metric}{own}[{within}])"""


def quotable(value: Scalar) -> Scalar:
    """A text as it stands between double quotes; numbers and durations as they are."""
    return value.replace("\\", "\\\\").replace('"', '\\"') if isinstance(value, str) else value


def plain(expr: str) -> str:
    """An expression written over several lines, without the margin that they share."""
    return dedent(expr).strip()


def also(expr: str, condition: str) -> str:
    """An expression with one more line: a condition that binds to all of it, unless it has a bare `or`."""
    return f"{plain(expr)}\n{indent(plain(condition), '  ')}"
