"""Guests become domain XML."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lab import CpuLoad, Disk, DiskFill, Guest, LabError
from lab.guest import Place, domain_xml
from lab.image import Image

IMAGE = Image(Path("/cache/vmlinuz"), Path("/cache/initrd"))
PLACE = Place(IMAGE, Path("/lab/images"), Path("/lab/consoles"), "52:54:00:77:01:02", kvm=False, bridge=True)


def domain(guest: Guest, place: Place = PLACE) -> ET.Element:
    return ET.fromstring(domain_xml(guest, place))  # noqa: S314 (our own XML)


def child(element: ET.Element, tag: str) -> ET.Element:
    found = element.find(tag)
    assert found is not None
    return found


def test_loads_and_name_are_boot_arguments() -> None:
    words = (domain(Guest("web", workload=(CpuLoad(5), DiskFill(8)))).findtext("os/cmdline") or "").split()
    assert "virtcast.hostname=web" in words
    assert "virtcast.load=cpu_load,percent=5" in words
    assert [word for word in words if word.startswith("virtcast.load=disk_fill,kib_per_second=8,disk=data")]


def test_a_disk_fill_brings_its_disk() -> None:
    disks = domain(Guest("web", disks=(Disk("logs", 32, "raw"),), workload=DiskFill(8))).findall(
        "devices/disk"
    )
    seen = [
        (found("source").get("file"), found("target").get("dev"), found("driver").get("type"))
        for found in (partial(child, disk) for disk in disks)
    ]
    assert seen == [
        ("/lab/images/web-logs.raw", "vda", "raw"),
        ("/lab/images/web-data.qcow2", "vdb", "qcow2"),
    ]
    assert [disk.findtext("serial") for disk in disks] == ["logs", "data"]


@pytest.mark.parametrize(
    ("guest", "absent"),
    [
        (Guest("web", agent=False), "devices/channel/target[@name='org.qemu.guest_agent.0']"),
        (Guest("web", balloon_period=0), "devices/memballoon/stats"),
        (Guest("web", network=False), "devices/interface"),
    ],
)
def test_what_is_switched_off_is_absent(guest: Guest, absent: str) -> None:
    assert domain(Guest("web")).find(absent) is not None
    assert domain(guest).find(absent) is None


def test_more_devices_and_what_follows_a_panic() -> None:
    found = domain(Guest("web", devices="<panic model='isa'/>", on_crash="preserve"))
    assert found.find("devices/panic[@model='isa']") is not None
    assert found.findtext("on_crash") == "preserve"
    assert domain(Guest("web")).findtext("on_crash") == "destroy"


def test_kvm_only_where_it_works() -> None:
    with_kvm = Place(IMAGE, PLACE.images, PLACE.consoles, PLACE.mac, kvm=True, bridge=False)
    assert domain(Guest("web")).get("type") == "qemu"
    assert domain(Guest("web"), with_kvm).get("type") == "kvm"
    assert domain(Guest("web"), with_kvm).find("devices/interface") is None
    assert child(domain(Guest("web"), with_kvm), "cpu").get("mode") == "host-passthrough"
    assert domain(Guest("web")).find("cpu/feature[@name='rdrand']") is not None


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "<a>", "x" * 41])
def test_names_that_break_paths_or_arguments_are_refused(name: str) -> None:
    with pytest.raises(LabError, match="not a name for a guest"):
        domain_xml(Guest(name), PLACE)
