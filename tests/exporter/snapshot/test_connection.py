"""Versions."""

from __future__ import annotations

from exporter.snapshot.connection import version


def test_versions() -> None:
    assert version(9_003_021) == "9.3.21"
