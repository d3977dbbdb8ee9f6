"""Storage pools and volumes of libvirt's test driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.storage import Volumes
from exporter.source.calls import Skips
from exporter.source.readings import storage

if TYPE_CHECKING:
    import pytest


def test_pools_and_volumes_of_a_connection(connection: Any) -> None:
    (pool,) = storage.pools(connection, Skips())
    told = connection.storagePoolLookupByName("images").info()
    assert (pool.name, pool.type, pool.path, pool.state) == ("images", "dir", "/images", 2)
    assert (pool.capacity, pool.allocation, pool.available) == tuple(told[1:])
    (volume,) = storage.volumes(connection, Skips()).shown
    assert (volume.pool, volume.name, volume.capacity, volume.allocation) == ("images", "web", 50_000, 10_000)


def test_a_stopped_pool_has_no_sizes_and_no_volumes(connection: Any) -> None:
    connection.storagePoolLookupByName("images").destroy()
    (pool,) = storage.pools(connection, Skips())
    assert (pool.state, pool.capacity, pool.allocation, pool.available) == (0, None, None, None)
    assert storage.volumes(connection, Skips()).shown == ()


def test_volumes_beyond_the_cap_are_counted(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MOST_VOLUMES", 0)
    assert storage.volumes(connection, Skips()) == Volumes((), left_out=1)


class Undecodable:
    """A file name that is not UTF-8, as libvirt's binding gives it."""

    def name(self) -> str:
        return b"Pr\xfcfung.iso".decode()

    def info(self) -> tuple[int, int, int]:
        return 0, 1, 1


def test_a_name_that_is_not_utf8_costs_its_volume_only(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = libvirt.virStoragePool.listAllVolumes
    monkeypatch.setattr(libvirt.virStoragePool, "listAllVolumes", lambda pool: [Undecodable(), *listed(pool)])
    skips = Skips()
    assert [one.name for one in storage.volumes(connection, skips).shown] == ["web"]
    assert skips.count == 1


def test_a_pool_that_cannot_be_read_costs_itself_only(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = libvirt.virConnect.listAllStoragePools
    both = [Undecodable(), *listed(connection)]
    monkeypatch.setattr(libvirt.virConnect, "listAllStoragePools", lambda *_: both)
    for read in (storage.pools, storage.volumes):
        skips = Skips()
        assert read(connection, skips)
        assert skips.count == 1


def test_a_change_of_a_pool_is_told() -> None:
    changes: list[int] = []

    class Registering:
        def storagePoolEventRegisterAny(  # noqa: N802 (libvirt's)
            self, _pool: None, kind: int, callback: Any, _: None
        ) -> int:
            changes.append(kind)
            callback(None, None)
            return kind + 10

        def storagePoolEventDeregisterAny(self, number: int) -> None:  # noqa: N802 (libvirt's)
            changes.remove(number - 10)

    told: list[str] = []
    ends = storage.watch(Registering(), lambda: told.append("changed"))
    assert set(changes) == {
        libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
        libvirt.VIR_STORAGE_POOL_EVENT_ID_REFRESH,
    }
    assert told == ["changed", "changed"]
    for end in ends:
        end()
    assert changes == []
