"""What runs beside the loop: a mistake in it ends nothing for good."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from forecaster.commands import service

if TYPE_CHECKING:
    import pytest


def test_what_fails_beside_the_loop_begins_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service, "AGAIN_SECONDS", 0.0)
    begun: list[int] = []

    def run() -> None:
        begun.append(1)
        if len(begun) < 3:
            raise ZeroDivisionError

    service.lasting("push", run, threading.Event())
    assert len(begun) == 3
    assert caplog.text.count("push failed and begins again") == 2


def test_nothing_begins_again_once_the_program_stops() -> None:
    stopping = threading.Event()

    def run() -> None:
        assert not stopping.is_set(), "it has begun again"
        stopping.set()
        raise ZeroDivisionError

    service.lasting("push", run, stopping)
