"""Collectors: each module has a table METRICS and a pure collect(snapshot); `registry` lists them."""
