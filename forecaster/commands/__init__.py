"""The commands of virtcast-forecaster: one file each."""
