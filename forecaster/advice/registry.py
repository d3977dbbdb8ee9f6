"""The advisers: page and report show each as a table, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.advice import accuracy, alerts, anomaly, exhaustion, issues, lately, together

if TYPE_CHECKING:
    from forecaster.advice.finding import Adviser

ADVISERS: tuple[Adviser, ...] = (
    issues.ADVISER,
    alerts.ADVISER,
    exhaustion.ADVISER,
    anomaly.ADVISER,
    together.ADVISER,
    lately.ADVISER,
    accuracy.ADVISER,
)
