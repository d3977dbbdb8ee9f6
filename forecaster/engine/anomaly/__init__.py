"""How unusual a value is for its series: one score, its reasons, and the decision to alert on it."""

from __future__ import annotations

from forecaster.engine.anomaly.decision import Decision, Gates
from forecaster.engine.anomaly.score import AnomalyScore
from forecaster.engine.anomaly.verdict import SIGNS, Verdict

__all__ = ["SIGNS", "AnomalyScore", "Decision", "Gates", "Verdict"]
