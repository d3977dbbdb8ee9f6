"""The file system of the pool of libvirt's test driver. Its folder does not exist: what is seen is set."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from exporter.snapshot.storage import PoolFilesystem
from exporter.source.calls import Skips
from exporter.source.readings import pool_filesystem
from exporter.source.readings.pool_filesystem import pool_filesystems

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 512


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "mounts"
    file.write_text("/dev/sda1 / ext4 rw 0 0\n")
    monkeypatch.setattr(pool_filesystem, "MOUNTS", file)
    return file


@pytest.fixture
def seen(connection: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the kernel says of /images: the size that libvirt knows, three blocks free, two for everybody."""
    blocks, rest = divmod(connection.storagePoolLookupByName("images").info()[1], BLOCK)
    assert rest == 0
    told = SimpleNamespace(f_frsize=BLOCK, f_blocks=blocks, f_bfree=3, f_bavail=2)
    asked: list[str] = []

    def statvfs(path: str) -> SimpleNamespace:
        asked.append(path)
        return told

    monkeypatch.setattr(os, "statvfs", statvfs)
    told.asked = asked
    return told


@pytest.mark.usefixtures("mounts")
def test_the_file_system_of_a_folder(connection: Any, seen: SimpleNamespace) -> None:
    size = seen.f_blocks * BLOCK
    assert pool_filesystems(connection, Skips()) == (PoolFilesystem("images", size, 3 * BLOCK, 2 * BLOCK),)
    assert seen.asked == ["/images"]


@pytest.mark.usefixtures("mounts")
def test_another_file_system_at_the_same_path_is_not_the_pool_s(
    connection: Any, seen: SimpleNamespace
) -> None:
    seen.f_blocks += 1
    assert pool_filesystems(connection, Skips()) == ()


@pytest.mark.usefixtures("mounts")
def test_a_folder_that_is_not_here_costs_nothing(connection: Any) -> None:
    skips = Skips()
    assert pool_filesystems(connection, skips) == ()
    assert skips.count == 0


@pytest.mark.usefixtures("mounts", "seen")
def test_a_stopped_pool_is_not_looked_at(connection: Any) -> None:
    connection.storagePoolLookupByName("images").destroy()
    assert pool_filesystems(connection, Skips()) == ()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "ceph", "fuse.glusterfs", "autofs"])
def test_a_network_file_system_is_never_touched(
    connection: Any, seen: SimpleNamespace, mounts: Path, kind: str
) -> None:
    with mounts.open("a") as file:
        file.write(f"server:/exported /images {kind} rw 0 0\n")
    assert pool_filesystems(connection, Skips()) == ()
    assert seen.asked == []


@pytest.mark.parametrize("kind", ["nfs4", "ext4"])
def test_links_are_followed_to_the_file_system_where_the_folder_is(
    connection: Any, seen: SimpleNamespace, mounts: Path, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "share/images").mkdir(parents=True)
    (tmp_path / "stored").symlink_to("share")
    (tmp_path / "pool").symlink_to(tmp_path / "stored/images")
    with mounts.open("a") as file:
        file.write(f"server:/exported {tmp_path}/share {kind} rw 0 0\n")
    connection.storagePoolLookupByName("images").destroy()
    path = str(tmp_path / "pool")
    xml = f"<pool type='dir'><name>linked</name><target><path>{path}</path></target></pool>"
    connection.storagePoolDefineXML(xml).create()
    pool_filesystems(connection, Skips())
    assert seen.asked == ([path] if kind == "ext4" else [])


def test_a_link_to_itself_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "pool").symlink_to("pool")
    assert not pool_filesystem._is_here(str(tmp_path / "pool"), {})


def test_the_nearest_mount_point_counts_and_its_last_file_system(
    connection: Any, seen: SimpleNamespace, mounts: Path
) -> None:
    mounts.write_text("server:/all / nfs rw 0 0\nold:/ /images nfs rw 0 0\n/dev/sdb /images xfs rw 0 0\n")
    assert len(pool_filesystems(connection, Skips())) == 1
    assert seen.asked == ["/images"]


def test_a_mount_point_with_blanks_is_known_by_its_name(mounts: Path) -> None:
    mounts.write_text("server:/ /with\\040a\\134blank nfs rw 0 0\n")
    assert pool_filesystem._mounted() == {"/with a\\blank": "nfs"}


@pytest.mark.usefixtures("seen", "mounts")
def test_pools_of_another_machine_are_not_looked_for_here(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_filesystem, "is_local", lambda _uri: False)
    assert pool_filesystems(connection, Skips()) == ()
