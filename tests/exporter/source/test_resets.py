"""Who asked for a reset, by QEMU's own event."""

from __future__ import annotations

from typing import Any

import libvirt
import libvirt_qemu
import pytest

from exporter.source.background import Background
from exporter.source.resets import Resets


class Domain:
    """The domain of an event."""

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return "u"

    def name(self) -> str:
        return "web"


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ('{"guest":true,"reason":"guest-reset"}', [("u", "web", True)]),
        ('{"guest":false,"reason":"host-qmp-system-reset"}', [("u", "web", False)]),
        ("{}", []),
        (None, []),
    ],
)
def test_a_reset_is_passed_on(monkeypatch: pytest.MonkeyPatch, details: str | None, told: list[Any]) -> None:
    heard: list[Any] = []
    registered: list[Any] = []

    def register(connection: Any, domain: None, event: str, callback: Any, opaque: None) -> int:
        assert (connection, domain, event, opaque) == ("connection", None, "RESET", None)
        registered.append(callback)
        return 7

    ended: list[Any] = []
    monkeypatch.setattr(libvirt_qemu, "qemuMonitorEventRegister", register)
    monkeypatch.setattr(libvirt_qemu, "qemuMonitorEventDeregister", lambda *given: ended.append(given))
    resets = Resets("test:///default", lambda *given: heard.append(given), Background())
    assert not resets.listened
    (end,) = resets.subscribe("connection")
    assert resets.listened
    registered[0](None, Domain(), "RESET", 1, 2, details, None)
    assert heard == told
    end()
    assert ended == [("connection", 7)]


def test_other_drivers_have_no_such_events() -> None:
    resets = Resets("test:///default", lambda *_: None, Background())
    assert resets.subscribe(libvirt.open("test:///default")) == []
    assert not resets.listened
