"""Collectors: each module has its row, as COLLECTOR; `registry` has all."""
