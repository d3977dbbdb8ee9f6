"""How unusual a value is for its series: one score, its members, and the decision to alert on it."""

from __future__ import annotations

from forecaster.engine.anomaly.score import AnomalyScore

__all__ = ["AnomalyScore"]
