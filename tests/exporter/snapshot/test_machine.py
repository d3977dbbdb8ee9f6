"""The machine: pressure, and which libvirt is local."""

from __future__ import annotations

import pytest

from exporter.snapshot.machine import Pressure, is_local, pressure


def test_pressure_in_seconds() -> None:
    text = "some avg10=1.00 avg60=2.00 total=1500000\nfull avg10=0.00 avg60=0.00 total=250000\n"
    assert pressure(text) == Pressure(1.5, 0.25)
    assert pressure("some avg10=1.00 total=2000000\n") == Pressure(2.0, None)


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("qemu:///system", True),
        ("qemu+unix:///system?socket=/run/x", True),
        ("test:///default", True),
        ("qemu+tcp://localhost/system", True),
        ("qemu+tls://h1.example/system", False),
        ("qemu+ssh://root@h1:2222/system?keyfile=/x", False),
    ],
)
def test_what_is_local(uri: str, local: bool) -> None:
    assert is_local(uri) is local
