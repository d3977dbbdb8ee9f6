"""None is said where something is known only: without a collector, rules or an exporter, panels say that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from answered import assert_answer
from dashboards import filled_in, panel, panels

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1200  # seconds; promtool's clock starts at 0
THIN_POOL = 'libvirt_scrape_collector_success{instance="h", collector="thin-pool"}'
ORPHANS = 'libvirt_pool_orphan_volumes{instance="h", pool="images"}'
RULES = 'ALERTS{alertname="Watchdog", alertstate="firing", kind="actual", severity="none"}'
OF_OTHERS = 'ALERTS{alertname="Watchdog", alertstate="firing", severity="none"}'
LINK = 'libvirt_domain_interface_link_up{instance="h", domain="web", target_device="vnet0"}'
KEPT = 'vm:{}:ratio:avg30d{{instance="h", domain="web", target_device="vda"}}'
CALM = 'virtcast_anomaly_score{instance="h", domain="web", resource="vm_cpu"}'
FAR = 'virtcast_exhaustion_probability_ratio{instance="h", domain="web", resource="vm_memory", horizon="24h"}'
# Of a file system that cannot be full within a day there is no probability for 24 h.
FILES = 'virtcast_anomaly_score{instance="h", domain="web", resource="vm_filesystem"}'
VALUES = {CALM: "0.3+0x20", FILES: "0.1+0x20", FAR: "0.1+0x20"}  # of the other series: 1
NO_FORECASTS = "No forecasts: see virtcast itself"
NO_RULES = "Not known: no rules of alerts are loaded"
NO_THIN_POOLS = "Not known: --collector.thin-pool is off, or fails"
NO_WASTE = "Nothing is wasted, or there is not a week of history yet"
FIGURES = [  # a page, a panel, which of its queries, and a series that tells that there is none
    ("service-levels", 12, 0, KEPT.format("available")),
    ("service-levels", 22, 0, KEPT.format("disk_fast")),
    ("host", 6, 0, RULES),
    *(("fleet", 5, query, RULES) for query in range(3)),
    ("network", 1, 0, LINK),
    ("network", 2, 0, 'libvirt_domain_interface_stats_info{instance="h", domain="web", mac_address="52"}'),
    ("network", 3, 0, 'libvirt_network_autostart{instance="h", network="default"}'),
    ("fleet", 1, 1, 'libvirt_up{instance="h"}'),
    ("fleet", 3, 0, FAR),
    ("fleet", 3, 0, FILES),
    ("fleet", 4, 0, CALM),
    ("monitoring", 1, 0, 'up{job="libvirt", instance="h"}'),
]
TABLES = [  # a page, a panel, what makes something known, what is said then, and what before
    (
        "storage",
        31,
        THIN_POOL,
        ("No LVM thin pools on these hosts", NO_THIN_POOLS),
    ),
    ("storage", 33, ORPHANS, ("Every volume belongs to a VM", "Not known: needs --collector.orphan")),
    ("capacity", 33, RULES, (NO_WASTE, NO_RULES)),
    ("fleet", 13, RULES, ("No alert fires", NO_RULES)),
    ("fleet", 10, CALM, ("Nothing: no limit is in sight, and nothing is unusual", NO_FORECASTS)),
    ("fleet", 11, CALM, ("Nothing runs out", NO_FORECASTS)),
    ("fleet", 12, CALM, ("Everything is as usual", NO_FORECASTS)),
    ("fleet", 15, CALM, ("Nothing deviates together", NO_FORECASTS)),
]


def asked(page: str, number: int, query: int) -> str:
    shown: dict[str, Any] = panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)
    return filled_in(shown["targets"][query]["expr"])


def answer(expr: str, expected: Mapping[str, float], series: str, folder: Path, values: str = "") -> None:
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    assert_answer(expr, samples, {series: values or VALUES.get(series, "1+0x20")}, NOW, folder)


@pytest.mark.parametrize(("page", "number", "query", "series"), FIGURES)
def test_a_figure_is_zero_where_something_is_known(
    page: str, number: int, query: int, series: str, tmp_path: Path
) -> None:
    expr = asked(page, number, query)
    answer(expr, {}, OF_OTHERS, tmp_path)
    answer(expr, {"{}": 0}, series, tmp_path)


@pytest.mark.parametrize(("page", "number", "series", "said"), TABLES)
def test_a_table_is_empty_where_something_is_known(
    page: str, number: int, series: str, said: tuple[str, str], tmp_path: Path
) -> None:
    expr, (none, unknown) = asked(page, number, -1), said
    answer(expr, {f'{{nothing="{unknown}"}}': 1}, OF_OTHERS, tmp_path)
    answer(expr, {f'{{nothing="{none}"}}': 1}, series, tmp_path)


def test_a_collector_that_fails_knows_of_no_thin_pool(tmp_path: Path) -> None:
    answer(asked("storage", 31, -1), {f'{{nothing="{NO_THIN_POOLS}"}}': 1}, THIN_POOL, tmp_path, "0+0x20")


def test_targets_down_are_those_of_jobs_that_are_ours(tmp_path: Path) -> None:
    """By the metrics of others in the job, also of one whose name says nothing, or by the name."""
    series = {
        'up{job="vms", instance="a"}': "1+0x20",
        'libvirt_up{job="vms", instance="a"}': "1+0x20",
        'up{job="vms", instance="never-answered"}': "0+0x20",
        'up{job="oracle", instance="gone"}': "0+0x20",
        'virtcast_step_seconds{job="oracle", instance="gone", resource="vm_cpu"}': "300 stale",
        'up{job="libvirt", instance="b"}': "0+0x20",
        'up{job="web", instance="foreign"}': "0+0x20",
    }
    assert_answer(asked("monitoring", 1, 0), [{"labels": "{}", "value": 3}], series, NOW, tmp_path)


def test_no_figure_is_zero_whatever_is_known() -> None:
    found = [
        (path.stem, shown["title"])
        for path in sorted(PAGES.glob("*.json"))
        for shown in panels(json.loads(path.read_text()))
        for target in shown["targets"]
        if "or vector(0)" in target["expr"]
    ]
    assert not found
