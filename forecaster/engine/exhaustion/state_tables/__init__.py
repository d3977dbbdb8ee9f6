"""What followed each time a series was in the state it is in now: learnt probabilities."""

from __future__ import annotations

from forecaster.engine.exhaustion.state_tables.view import StateTables

__all__ = ["StateTables"]
