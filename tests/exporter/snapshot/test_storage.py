"""Storage pools."""

from __future__ import annotations

from exporter.snapshot.storage import Pool


def test_a_pool_of_unknown_size_has_none() -> None:
    pool = Pool.read("<pool type='mpath'><name>m</name></pool>", (2, 0, 0, 0), active=True, autostart=False)
    assert (pool.name, pool.type, pool.capacity, pool.available) == ("m", "mpath", None, None)
