"""What to do if libvirt cannot be opened."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from exporter.source.connection import Link, refused


@pytest.mark.parametrize(
    ("reason", "read_write", "told"),
    [
        ("Failed to connect socket to '/run/x': Permission denied", False, "group"),
        ("Failed to connect socket to '/run/x': Permission denied", True, "--libvirt.read-write"),
        ("Failed to connect socket to '/run/x': No such file or directory", False, "running"),
        ("Failed to connect socket to '/run/x': Connection refused", False, "start libvirtd"),
        ("authentication unavailable", False, "polkit"),
        ("no connection driver available for foo:///", False, "qemu:///system"),
        ("something\nelse", False, "check --libvirt.uri"),
    ],
)
def test_what_to_do_when_libvirt_cannot_be_opened(reason: str, read_write: bool, told: str) -> None:
    line = str(refused("qemu:///x", OSError(reason), read_write=read_write))
    assert told in line
    assert "\n" not in line
    assert "qemu:///x" in line


def test_a_connection_is_closed_as_soon_as_nobody_holds_its_link() -> None:
    """What libvirt says about itself is read over one that must not stay."""
    gc.disable()
    try:
        connection = weakref.ref(Link("test:///default").get())
        for _ in range(1000):  # the thread that opened it lets go a moment later
            if connection() is None:
                break
            threading.Event().wait(0.01)
        assert connection() is None
    finally:
        gc.enable()
