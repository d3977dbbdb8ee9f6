"""The commands of virtcast-forecaster: one file each.

Nothing here loads numpy before a command runs: --help must not wait for it.
"""
