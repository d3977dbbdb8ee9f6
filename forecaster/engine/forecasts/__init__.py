"""What values a series will take: quantiles at any horizon up to 30 days."""

from forecaster.engine.forecasts.pool import Pool

__all__ = ["Pool"]
