"""When a series reaches its limit: how likely within each horizon, and the time left."""

from __future__ import annotations

from forecaster.engine.exhaustion.exhaustion import Exhaustion
from forecaster.engine.exhaustion.season import Filter, Filters
from forecaster.engine.exhaustion.state_tables import StateTables
from forecaster.engine.exhaustion.straight import Straight

__all__ = ["Exhaustion", "Filter", "Filters", "StateTables", "Straight"]
