"""What of a libvirt URI readers see."""

from __future__ import annotations

import pytest

from exporter import uri as uris
from exporter.source.connection import refused


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("qemu:///system", "qemu:///system"),
        ("test:///default", "test:///default"),
        ("qemu:///system?socket=/run/libvirt/virtqemud-sock&mode=direct", None),
        ("qemu+ssh://monitor@kvm2.example/system?no_tty=1", "qemu+ssh://kvm2.example/system?no_tty=1"),
        ("qemu+ssh://me:canary@h:22/system?keyfile=/root/canary&no_verify=1", "qemu+ssh://h:22/system?no_verify=1"),
        ("qemu+tls://h/system?pkipath=/canary", "qemu+tls://h/system"),
        ("qemu+ssh://me:can/ary@h/system", "qemu+ssh://h/system"),
        ("qemu+ssh://me:can?ary@h/system", "qemu+ssh://h/system"),
        ("qemu+ssh://me:can@ary@h/system", "qemu+ssh://h/system"),
        ("qemu+ssh://me:c%61nary@[fe80::1%25eth0]/system", "qemu+ssh://[fe80::1%25eth0]/system"),
        ("qemu+ext://h/system?command=/canary;netcat=/canary#canary", "qemu+ext://h/system"),
        ("remote:///?name=qemu://me:canary/system", "remote:///"),
        ("no URI", "no URI"),
    ],
)  # fmt: skip
def test_the_host_is_shown_and_no_user_password_or_key(uri: str, shown: str | None) -> None:
    assert uris.shown(uri) == (shown or uri)
    assert "canary" not in uris.shown(uri)
    assert uris.shown(uris.shown(uri)) == uris.shown(uri)


@pytest.mark.parametrize(
    "said",
    [
        "cannot open qemu+ssh://me:c%61nary@h/system?keyfile=/root/canary-key",
        "Cannot recv data: me:canary@h: Permission denied",
        "Cannot recv data: me@h: Permission denied (publickey)",
        "Cannot read key '/root/canary-key': No such file or directory",
        "the password c%61nary is wrong",
    ],
)
def test_messages_of_libvirt_lose_them_too(said: str) -> None:
    uri = "qemu+ssh://me:c%61nary@h/system?keyfile=/root/canary-key"
    line = str(refused(uri, OSError(said)))
    assert line.startswith("cannot open libvirt at qemu+ssh://h/system: ")
    assert not any(secret in line for secret in ("canary", "c%61nary", "me@", "me:"))
