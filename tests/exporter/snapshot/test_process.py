"""The command lines, locks and control groups of QEMU."""

from __future__ import annotations

import pytest

from exporter.snapshot.process import domain_number, lock_owners, uuid_of


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


LOCKS = """\
1: POSIX  ADVISORY  WRITE 8549 fe:00:2631077 0 0
1: -> POSIX  ADVISORY  WRITE 666 fe:00:2631077 0 0
2: POSIX  ADVISORY  READ 8800 fe:00:6178670 128 128
3: OFDLCK ADVISORY  WRITE -1 fe:00:2393390 203 203
4: FLOCK  ADVISORY  WRITE 9 00:19:12 0 EOF
5: POSIX  ADVISORY  WRITE 77 00:1a:13 0 EOF
"""


def test_the_owner_of_a_file_holds_its_write_lock() -> None:
    assert lock_owners(LOCKS) == {(0xFE, 0, 2631077): 8549, (0, 0x1A, 13): 77}


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (r"0::/machine.slice/machine-qemu\x2d3\x2dweb.scope/libvirt/emulator", 3),
        (r"4:memory:/machine.slice/machine-qemu\x2d12\x2da\x2db.scope", 12),
        (r"0::/production.slice/production-east.slice/machine-qemu\x2d3\x2dweb.scope", 3),
        ("5:cpu:/machine/qemu-7-web.libvirt-qemu/emulator", 7),
        ("5:cpu:/machine/production.partition/qemu-7-web.libvirt-qemu/vcpu0", 7),
        ("0::/user.slice/user-1000.slice/session-1.scope", None),
        # What users can make below services of their own.
        (
            r"0::/user.slice/user-1000.slice/user@1.service/machine.slice/machine-qemu\x2d3\x2dweb.scope",
            None,
        ),
        ("5:cpu:/user.slice/machine/qemu-7-web.libvirt-qemu", None),
        (r"0::/machine.slice/machine-lxc\x2d3\x2dweb.scope", None),
        ("", None),
    ],
)
def test_the_control_group_tells_the_domain(path: str, number: int | None) -> None:
    assert domain_number(f"1:name=systemd:/\n{path}\n") == number
