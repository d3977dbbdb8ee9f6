"""How unusual a value is for its series: one score, its reasons, and the decision to alert on it."""

from __future__ import annotations

from forecaster.engine.anomaly.decision import Decision, Gates
from forecaster.engine.anomaly.limits import LIMITS, PRESENT, SIGNS, Limits
from forecaster.engine.anomaly.score import AnomalyScore

__all__ = ["LIMITS", "PRESENT", "SIGNS", "AnomalyScore", "Decision", "Gates", "Limits"]
