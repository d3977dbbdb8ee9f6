"""The command lines of QEMU."""

from __future__ import annotations

import pytest

from exporter.snapshot.process import uuid_of


@pytest.mark.parametrize(
    ("command", "uuid"),
    [
        (["/usr/bin/qemu-system-x86_64", "-name", "guest=web", "-uuid", "u-1"], "u-1"),
        (["/usr/libexec/qemu-kvm", "-uuid", "u-2", "-S"], "u-2"),
        (["/usr/bin/qemu-system-x86_64", "-uuid"], None),
        (["grep", "-uuid", "u-1"], None),
        ([], None),
    ],
)
def test_the_uuid_of_a_command(command: list[str], uuid: str | None) -> None:
    assert uuid_of(command) == uuid
