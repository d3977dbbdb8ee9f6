"""Network interfaces."""

from __future__ import annotations

from exporter.snapshot.interface import Interface


def test_a_user_mode_interface_has_no_name_and_no_statistics() -> None:
    assert Interface.read({"net.count": 1}) == ()
