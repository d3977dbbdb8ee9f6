"""A silence of Alertmanager: who acknowledged which alerts, until when and why, and what its tags teach.

Format: Alertmanager's API v2, GET /api/v2/silences.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.alerts.event import ANNOTATION_CHARACTERS, LABEL_CHARACTERS, cut, seconds
from forecaster.config.matcher import Matcher
from forecaster.series.promql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

NOISE, WEEKLY, DAILY, FORGET = TAGS = ("noise", "expected", "expected-daily", "forget")
MOST_MATCHERS = 32
_TAG = re.compile(r"#([a-z-]+)")


class Silence(NamedTuple):
    """One silence; times are Unix seconds. `matchers` are in Alertmanager's words: owner="alice"."""

    id: str
    matchers: tuple[str, ...]
    starts_at: float
    ends_at: float
    updated_at: float
    created_by: str
    comment: str

    @property
    def tags(self) -> frozenset[str]:
        """The known tags in its comment, such as #noise."""
        return frozenset(_TAG.findall(self.comment)) & frozenset(TAGS)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it silences an alert with these labels."""
        return all(_matcher(each).matches(labels) for each in self.matchers)


def silence(told: Any) -> Silence:
    """The silence of an object of the API. Raises ValueError, KeyError or TypeError for what is none."""
    if len(told["matchers"]) > MOST_MATCHERS:
        raise ValueError(f"a silence has more than {MOST_MATCHERS} matchers")
    matchers = tuple(_text(each) for each in told["matchers"])
    for each in matchers:
        _matcher(each)
    return Silence(
        cut(told["id"], LABEL_CHARACTERS),
        matchers,
        seconds(told["startsAt"]),
        seconds(told["endsAt"]),
        seconds(told["updatedAt"]),
        cut(told["createdBy"], LABEL_CHARACTERS),
        cut(told["comment"], ANNOTATION_CHARACTERS),
    )


def line(of: Silence) -> bytes:
    """The silence as a line of the audit log."""
    return json.dumps({"kind": "silence", **of._asdict()}, separators=(",", ":")).encode() + b"\n"


def of_line(told: dict[str, Any]) -> Silence:
    """The silence of a line that `line` wrote. Raises ValueError, KeyError or TypeError for another."""
    return Silence(**{name: told[name] for name in Silence._fields} | {"matchers": tuple(told["matchers"])})


def _text(matcher: dict[str, Any]) -> str:
    operator = ("=" if matcher.get("isEqual", True) else "!") + ("~" if matcher["isRegex"] else "")
    operator = "!=" if operator == "!" else operator
    return f"{quoted(matcher['name'])}{operator}{quoted(matcher['value'])}"


@lru_cache(maxsize=1024)
def _matcher(text: str) -> Matcher:
    return Matcher.parse(text)
