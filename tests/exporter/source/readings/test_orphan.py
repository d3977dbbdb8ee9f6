"""Orphan volumes, by fakes of libvirt's objects on real files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import libvirt
import pytest

from exporter.snapshot.orphan import Orphan, Orphans
from exporter.source import devices
from exporter.source.calls import Skips
from exporter.source.readings import orphan

if TYPE_CHECKING:
    from pathlib import Path


class Volume:
    """A file of a pool."""

    def __init__(
        self, path: Path, *, form: str = "qcow2", backing: Path | None = None, size: int = 7
    ) -> None:
        path.touch()
        self._path, self.form, self.backing, self.size = path, form, backing, size

    def path(self) -> str:
        return str(self._path)

    def name(self) -> str:
        return self._path.name

    def XMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        backing = f"<backingStore><path>{escape(str(self.backing))}</path></backingStore>"
        kind = {"dir": "dir", "lv": "block"}.get(self.form, "file")
        return (
            f"<volume type='{kind}'><name>{escape(self.name())}</name><allocation>{self.size}</allocation>"
            f"<target><format type='{self.form}'/></target>{backing if self.backing else ''}</volume>"
        )


class Hidden(Volume):
    """A volume of LVM whose device is not in the /dev of the exporter."""

    def __init__(self, path: str) -> None:
        self._path, self.form, self.backing, self.size = path, "lv", None, 7  # type: ignore[assignment]

    def path(self) -> str:
        return str(self._path)

    def name(self) -> str:
        return str(self._path).rpartition("/")[2]


class Gone(Volume):
    """A volume that was deleted since it was listed."""

    def XMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        raise libvirt.libvirtError("gone")


class Pool:
    """An active pool."""

    def __init__(self, *volumes: Volume, kind: str = "dir", name: str = "images") -> None:
        self.volumes, self.kind, self._name = list(volumes), kind, name

    def name(self) -> str:
        return self._name

    def XMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        return f"<pool type='{self.kind}'>\n</pool>"

    def listAllVolumes(self) -> list[Volume]:  # noqa: N802 (libvirt's name)
        return self.volumes


class FakeDomain:
    """A domain: its XML as it runs, as it is defined, and of its snapshots."""

    def __init__(self, live: str = "", defined: str = "", snapshots: str = "") -> None:
        self.live, self.defined, self.snapshots = live, defined, snapshots

    def XMLDesc(self, flags: int) -> str:  # noqa: N802 (libvirt's name)
        return self.defined if flags == libvirt.VIR_DOMAIN_XML_INACTIVE else self.live

    def listAllSnapshots(self) -> list[Any]:  # noqa: N802 (libvirt's name)
        return [Snapshot(self.snapshots)]


class Snapshot:
    """A snapshot."""

    def __init__(self, xml: str) -> None:
        self.xml = xml

    def getXMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        return self.xml


class FakeConnection:
    """A connection with these domains and pools."""

    def __init__(self, domains: list[FakeDomain], *pools: Pool, uri: str = "qemu:///system") -> None:
        self.domains, self.pools, self.uri = domains, pools, uri

    def getURI(self) -> str:  # noqa: N802 (libvirt's name)
        return self.uri

    def listAllStoragePools(self, _flags: int) -> list[Any]:  # noqa: N802 (libvirt's name)
        return list(self.pools)

    def listAllDomains(self, flags: int = 0) -> list[FakeDomain]:  # noqa: N802 (libvirt's name)
        return [one for one in self.domains if one.snapshots or not flags]


def source(path: Path) -> str:
    return f"<domain><devices><disk><source file={quoteattr(str(path))}/></disk></devices></domain>".replace(
        '"', "'"
    )


def names(connection: FakeConnection) -> list[str]:
    ((_, found),) = orphan.orphans(connection, Skips()).pools
    return [one.name for one in found]


def test_what_nobody_names_is_an_orphan_with_its_size(tmp_path: Path) -> None:
    used, unused = Volume(tmp_path / "web & co"), Volume(tmp_path / "old", size=4096)
    connection = FakeConnection([FakeDomain(source(tmp_path / "web & co"))], Pool(used, unused))
    assert orphan.orphans(connection, Skips()) == Orphans((("images", (Orphan("images", "old", 4096),)),))


@pytest.mark.parametrize("where", ["live", "defined", "snapshots"])
def test_domains_as_they_run_or_are_defined_and_snapshots_use_volumes(tmp_path: Path, where: str) -> None:
    connection = FakeConnection(
        [FakeDomain(**{where: source(tmp_path / "a")})], Pool(Volume(tmp_path / "a"), Volume(tmp_path / "b"))
    )
    assert names(connection) == ["b"]


@pytest.mark.parametrize(
    "xml",
    [
        "<disk type='volume'><source pool='images' volume='a'/></disk>",
        "<os><nvram template='/t'>{folder}/a</nvram></os>",
        "<os><kernel>\n  {folder}/a\n</kernel></os>",
        "<backingStore type='file'><source file='{folder}/a'/></backingStore>",
        "<metadata><not:declared x='1'></metadata><source file='{folder}/a'/>",
        "<source file='{folder}/link'/>",
    ],
)
def test_ways_to_use_a_volume(tmp_path: Path, xml: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")
    domain = FakeDomain(f"<domain>{xml.format(folder=tmp_path)}</domain>")
    assert names(FakeConnection([domain], Pool(Volume(tmp_path / "a"), Volume(tmp_path / "b")))) == ["b"]


def test_what_backs_a_used_volume_is_used_down_the_chain(tmp_path: Path) -> None:
    base, middle, top, alone = (tmp_path / name for name in ("base", "middle", "top", "alone"))
    pool = Pool(
        Volume(base), Volume(middle, backing=base), Volume(top, backing=middle), Volume(alone, backing=base)
    )
    assert names(FakeConnection([FakeDomain(defined=source(top))], pool)) == ["alone"]


def test_installation_media_folders_and_deleted_volumes_are_no_orphans(tmp_path: Path) -> None:
    pool = Pool(
        Volume(tmp_path / "debian.iso", form="iso"), Volume(tmp_path / "d", form="dir"), Gone(tmp_path / "g")
    )
    assert names(FakeConnection([], pool)) == []


@pytest.mark.parametrize("kind", ["netfs", "rbd", "iscsi", "gluster", "disk"])
def test_storage_that_other_hosts_use_is_left_out(tmp_path: Path, kind: str) -> None:
    connection = FakeConnection([], Pool(Volume(tmp_path / "a"), kind=kind))
    assert orphan.orphans(connection, Skips()) == Orphans()


def test_what_the_host_has_mounted_or_swaps_to_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts, swaps = tmp_path / "mounts", tmp_path / "swaps"
    (tmp_path / "mapped").symlink_to(tmp_path / "root")
    mounts.write_text(f"proc /proc proc rw 0 0\n{tmp_path}/mapped / ext4 rw 0 0\n")
    swaps.write_text(f"Filename\t\t\t\tType\n{tmp_path}/swap   partition\t1\n")
    monkeypatch.setattr(orphan, "HOSTS_OWN", (mounts, swaps))
    pool = Pool(*(Volume(tmp_path / name) for name in ("root", "swap", "spare")), kind="logical")
    assert names(FakeConnection([], pool)) == ["spare"]


def test_a_device_on_which_another_stands_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dm-3/holders/dm-4").mkdir(parents=True)
    (tmp_path / "dm-5/holders").mkdir(parents=True)
    monkeypatch.setattr(orphan, "BLOCK_DEVICES", tmp_path)
    volumes = [Volume(tmp_path / name) for name in ("crypt", "spare")]
    for volume, device in zip(volumes, ("/dev/dm-3", "/dev/dm-5"), strict=True):
        volume.path = lambda device=device: device  # type: ignore[method-assign,misc]
    assert names(FakeConnection([], Pool(*volumes, kind="logical"))) == ["spare"]


@pytest.fixture
def hosts_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the host has mounted: one volume of LVM, by device mapper's name."""
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/mapper/vg--0-root / ext4 rw 0 0\n")
    monkeypatch.setattr(orphan, "HOSTS_OWN", (mounts,))
    return mounts


def device_mapper(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """A /sys that knows these devices, as dm-0, dm-1 …"""
    for number, name in enumerate(names):
        (folder / f"dm-{number}/dm").mkdir(parents=True)
        (folder / f"dm-{number}/dm/name").write_text(f"{name}\n")
    monkeypatch.setattr(devices, "BLOCK_DEVICES", folder)
    monkeypatch.setattr(orphan, "BLOCK_DEVICES", folder)


@pytest.mark.usefixtures("hosts_own")
def test_a_device_that_dev_does_not_show_is_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under PrivateDevices=yes: what the host has mounted has another name there."""
    device_mapper(tmp_path / "sys", monkeypatch)
    pool = Pool(Hidden("/dev/vg-0/root"), Hidden("/dev/vg-0/spare"), kind="logical")
    assert orphan.orphans(FakeConnection([], pool), Skips()) == Orphans((("images", ()),), left_out=2)


@pytest.mark.usefixtures("hosts_own")
def test_a_device_that_dev_does_not_show_is_told_by_device_mapper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_mapper(tmp_path / "sys", monkeypatch, "vg--0-root", "vg--0-web", "vg--0-spare", "vg--0-crypt")
    (tmp_path / "sys/dm-3/holders/dm-4").mkdir(parents=True)
    pool = Pool(*(Hidden(f"/dev/vg-0/{name}") for name in ("root", "web", "spare", "crypt")), kind="logical")
    domain = FakeDomain("<source dev='/dev/mapper/vg--0-web'/><source path='/dev/pts/9'/><x>/devil</x>")
    found = orphan.orphans(FakeConnection([domain], pool), Skips())
    assert found == Orphans((("images", (Orphan("images", "spare", 7),)),))


@pytest.mark.usefixtures("hosts_own")
def test_a_name_that_nobody_can_tell_may_be_of_any_device_that_dev_does_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_mapper(tmp_path / "sys", monkeypatch, "vg--0-root", "vg--0-web")
    domain = FakeDomain(f"<source dev='/dev/disk/by-id/wwn-0x5000'/><metadata>/dev/{'a' * 300}</metadata>")
    pool = Pool(Volume(tmp_path / "file"), Hidden("/dev/vg-0/web"))
    found = orphan.orphans(FakeConnection([domain], pool), Skips())
    assert found == Orphans((("images", (Orphan("images", "file", 7),)),), left_out=1)


def test_a_container_does_not_see_what_the_host_has_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts_own: Path
) -> None:
    hosts_own.write_text("overlay / overlay rw,lowerdir=/a 0 0\n")
    device_mapper(tmp_path / "sys", monkeypatch, "vg--0-root")
    pool = Pool(Volume(tmp_path / "file"), Hidden("/dev/vg-0/root"))
    found = orphan.orphans(FakeConnection([], pool), Skips())
    assert found == Orphans((("images", (Orphan("images", "file", 7),)),), left_out=1)


def test_of_another_machine_paths_are_compared_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")
    pool = Pool(Volume(tmp_path / "a"), Volume(tmp_path / "b"))
    uri = "qemu+ssh://elsewhere/system"
    assert names(FakeConnection([FakeDomain(source(tmp_path / "link"))], pool, uri=uri)) == ["a", "b"]


def test_too_many_volumes_are_counted_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphan, "MOST_VOLUMES", 2)
    found = orphan.orphans(FakeConnection([], Pool(*(Volume(tmp_path / name) for name in "abc"))), Skips())
    assert found == Orphans((), left_out=3)


def test_a_domain_that_cannot_be_read_might_use_any_volume(tmp_path: Path) -> None:
    class Unreadable(FakeDomain):
        def XMLDesc(self, flags: int) -> str:  # noqa: N802 (libvirt's name)
            return b"\xff".decode() if flags == libvirt.VIR_DOMAIN_XML_INACTIVE else ""

    found = orphan.orphans(FakeConnection([Unreadable()], Pool(Volume(tmp_path / "a"))), Skips())
    assert found == Orphans((), left_out=1)


def test_the_pool_of_libvirts_test_driver(connection: Any) -> None:
    """Its domain names no disk."""
    ((pool, found),) = orphan.orphans(connection, Skips()).pools
    assert (pool, [one.name for one in found]) == ("images", ["web"])
