"""What is normal for the next step, and how far from it values usually are."""

from __future__ import annotations

from forecaster.engine.baseline.baseline import WEEKLY, Baseline

__all__ = ["WEEKLY", "Baseline"]
