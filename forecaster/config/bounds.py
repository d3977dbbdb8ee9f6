"""What a series is judged against, and for which series it differs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from forecaster.series.promql_text import unquoted

# A label name in quotes is any text, as in Prometheus 3.
_STRING = r'"((?:[^"\\]|\\.)*)"'
_MATCHER = re.compile(rf"\s*(?:([a-zA-Z_]\w*)|{_STRING})\s*(=~|!~|!=|=)\s*{_STRING}\s*", re.DOTALL)


@dataclass(frozen=True)
class Matcher:
    """One condition on a label, as in PromQL and Alertmanager: name="v", !=, =~ and !~ (anchored).

    A name that is not classic is quoted: "k8s.pod.name"="v".
    """

    text: str
    label: str
    negated: bool
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> Matcher:
        """The matcher of `text`; ValueError when it is none."""
        match = _MATCHER.fullmatch(text)
        if match is None:
            raise ValueError(f'{text!r} is no matcher: write one as label="value" or label=~"regex"')
        classic, any_name, operator, value = match.groups()
        label, value = classic or unquoted(any_name), unquoted(value)
        try:
            pattern = re.compile(value if "~" in operator else re.escape(value))
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from None
        return cls(text.strip(), label, operator.startswith("!"), pattern)

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether a series with these labels is meant; an absent label counts as empty."""
        return (self.pattern.fullmatch(labels.get(self.label, "")) is not None) != self.negated


@dataclass(frozen=True)
class Bounds:
    """What one series is judged against; see Resource."""

    limit: float
    threshold: float
    anomaly_threshold: float
    min_deviation: float


@dataclass(frozen=True)
class Override:
    """Other bounds for the series that all matchers select; None leaves a bound as it is."""

    matchers: tuple[Matcher, ...]
    limit: float | None = None
    threshold: float | None = None
    anomaly_threshold: float | None = None
    min_deviation: float | None = None

    def __post_init__(self) -> None:
        check_bounds(self.threshold, self.anomaly_threshold, self.min_deviation)


def check_bounds(
    threshold: float | None, anomaly_threshold: float | None, min_deviation: float | None
) -> None:
    """ValueError where a bound that is given cannot be one."""
    if threshold is not None and not 0 < threshold <= 1:
        raise ValueError("threshold is a probability: more than 0 and at most 1")
    if anomaly_threshold is not None and not 0 < anomaly_threshold < math.inf:
        raise ValueError("anomaly_threshold must be positive")
    if min_deviation is not None and not 0 <= min_deviation < math.inf:
        raise ValueError("min_deviation must not be negative")


BOUNDS = ("limit", "threshold", "anomaly_threshold", "min_deviation")
