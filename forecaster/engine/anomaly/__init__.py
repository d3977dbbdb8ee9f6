"""How unusual a value is for its series: one score, its reasons, and the decision to alert on it."""

from __future__ import annotations

from forecaster.engine.anomaly.decision import Decision, Gates
from forecaster.engine.anomaly.score import AnomalyScore, Verdict

__all__ = ["AnomalyScore", "Decision", "Gates", "Verdict"]
