"""Where libvirt puts the control groups of domains, and what their files say."""

from __future__ import annotations

import pytest

from exporter.snapshot.cgroup import Throttling, partition, places, throttling


@pytest.mark.parametrize(
    ("number", "name", "with_systemd", "without"),
    [
        (7, "web", r"machine-qemu\x2d7\x2dweb.scope", "qemu-7-web.libvirt-qemu"),
        (7, "web-1.a", r"machine-qemu\x2d7\x2dweb\x2d1.a.scope", "qemu-7-web-1.a.libvirt-qemu"),
        (7, "-a--b.-c-", r"machine-qemu\x2d7\x2da\x2db.c.scope", "qemu-7-a-b.c.libvirt-qemu"),
        (7, "a_b c/é", r"machine-qemu\x2d7\x2dabc.scope", "qemu-7-abc.libvirt-qemu"),
        (7, "x" * 80, rf"machine-qemu\x2d7\x2d{'x' * 57}.scope", f"qemu-7-{'x' * 57}.libvirt-qemu"),
    ],
)
def test_the_group_of_a_domain(number: int, name: str, with_systemd: str, without: str) -> None:
    assert places("qemu", number, name, "/machine") == (
        f"machine.slice/{with_systemd}",
        f"machine/{without}",
    )


def test_the_group_of_a_domain_in_a_partition_of_its_own() -> None:
    slices, folders = places("qemu", 1, "web", "/machine/prod-1/gold")
    assert slices == (
        r"machine.slice/machine-prod\x2d1.slice/machine-prod\x2d1-gold.slice/machine-qemu\x2d1\x2dweb.scope"
    )
    assert folders == "machine/prod-1.partition/gold.partition/qemu-1-web.libvirt-qemu"


def test_the_partition_is_that_of_the_xml() -> None:
    resource = "<domain><resource><partition>/machine/gold</partition></resource></domain>"
    assert partition(resource) == "/machine/gold"
    assert partition("<domain/>") == "/machine"


def test_throttling_is_the_sum_of_all_groups() -> None:
    usage = "usage_usec 5\nuser_usec 3\nsystem_usec 2\n"
    emulator = usage + "nr_periods 10\nnr_throttled 3\nthrottled_usec 1500000\n"
    vcpu = usage + "nr_periods 20\nnr_throttled 4\nthrottled_usec 2500000\nnr_bursts 1\n"
    assert throttling((usage, emulator, vcpu)) == Throttling(30, 7, 4.0)


def test_without_the_cpu_controller_nothing_is_said_about_throttling() -> None:
    assert throttling(("usage_usec 5\n",)) == Throttling()
