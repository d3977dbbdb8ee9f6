"""Outages in the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from exporter.source.outage import Outage

if TYPE_CHECKING:
    import pytest


def test_an_outage_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage()
    outage.up()
    outage.down(ValueError("gone"))
    outage.down(ValueError("gone"))
    outage.up()
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "gone"),
        ("INFO", "libvirt answers again"),
    ]
