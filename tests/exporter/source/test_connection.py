"""What to do if libvirt cannot be opened."""

from __future__ import annotations

import pytest

from exporter.source.connection import advice


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
    line = advice("qemu:///x", OSError(reason), read_write=read_write)
    assert told in line
    assert "\n" not in line
    assert "qemu:///x" in line
