"""What the JSON report of lvs says about thin pools."""

from __future__ import annotations

import json

import pytest

from exporter.snapshot.thin_pool import COLUMNS, ThinPool, thin_pools


def row(**fields: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {"vg_name": "vg0"} | fields


def report(*rows: dict[str, str]) -> str:
    return json.dumps({"report": [{"lv": list(rows)}]})


FAST = row(
    lv_name="fast", segtype="thin-pool", lv_size="1000", data_percent="12.50", lv_metadata_size="200",
    metadata_percent="34.25", lv_when_full="queue", lv_health_status="metadata_read_only",
)  # fmt: skip


def thin(name: str, pool: str, size: str, group: str = "vg0") -> dict[str, str]:
    return row(lv_name=name, segtype="thin", pool_lv=pool, lv_size=size, vg_name=group, data_percent="99.00")


def test_each_column_fills_its_own_field() -> None:
    volumes = (thin("a", "fast", "700"), thin("b", "fast", "900"), thin("c", "slow", "5"))
    assert thin_pools(report(*volumes, FAST, thin("d", "fast", "8", group="vg1"))) == (
        ThinPool("vg0", "fast", 1000, 0.125, 200, 0.3425, 1600, "queue", "metadata_read_only"),
    )


def test_a_pool_that_is_not_active_has_no_usage() -> None:
    (pool,) = thin_pools(report(FAST | {"data_percent": "", "metadata_percent": ""}))
    assert (pool.size, pool.used, pool.metadata_used, pool.virtual) == (1000, None, None, 0)


def test_a_pool_below_a_cache_has_its_own_name() -> None:
    """LVM shows hidden volumes in brackets."""
    (pool,) = thin_pools(report(FAST | {"lv_name": "[fast]"}))
    assert pool.name == "fast"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"report": [{}]}', '{"report": [{"lv": [{"segtype": "thin"}]}]}']
)
def test_another_report_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        thin_pools(text)
