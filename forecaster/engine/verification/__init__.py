"""How right the forecasts were: some are kept until what they were about has come."""

from forecaster.engine.verification.record import Record
from forecaster.engine.verification.verification import Said, Verification

__all__ = ["Record", "Said", "Verification"]
