"""What values a series will take: quantiles at any horizon up to 30 days."""
