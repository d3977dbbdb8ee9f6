"""Which rules a backend evaluates: Prometheus, Thanos and Mimir say it, others do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from forecaster.promql.transport import Answer


class Rule(NamedTuple):
    """A rule that is loaded; `error` is why its last evaluation failed, or "". `query` is "" if not said."""

    group: str
    name: str  # of the series or of the alert
    alerts: bool
    error: str
    query: str = ""


def loaded(answer: Answer) -> tuple[Rule, ...] | None:
    """The rules of an answer of /api/v1/rules; None when it is of another kind."""
    if answer.response.status_code != requests.codes.ok:
        return None
    try:
        return tuple(_rules(json.loads(answer.body)["data"]["groups"]))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _rules(groups: Any) -> Iterator[Rule]:
    for group in groups:
        for rule in group["rules"]:
            error = " ".join(str(rule.get("lastError") or "").split())
            alerts, query = rule.get("type") == "alerting", str(rule.get("query") or "")
            yield Rule(str(group["name"]), str(rule["name"]), alerts, error, query)
