"""Readings: what is read beside the statistics. Each module has its rows, as READINGS; `registry` has all."""
