"""Outages in the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from exporter.source.connection import Unreachable
from exporter.source.outage import Outage, Reason

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


def test_the_reason_is_kept_with_what_mends_it_while_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    outage.down(Unreachable("no\nsocket", "start it"))
    assert outage.reason == Reason("no socket", "start it")
    assert [record.message for record in caplog.records] == ["no socket; start it"]
    outage.up()
    assert outage.reason is None
