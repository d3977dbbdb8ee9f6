"""The hours of the past: what is kept, and the past of a VM that migrated."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from alert_rules import layer
from exporter.collectors.registry import COLLECTORS
from forecaster.serve.rolling_up import hourly
from forecaster.view.living import living
from forecaster.view.rollups import (
    APART,
    KEPT,
    SIZE,
    STEPS,
    TABLE,
    Kept,
    Rollup,
    Rollups,
    at_hours,
    key_of,
    rollup,
)

if TYPE_CHECKING:
    from pathlib import Path

CPU = next(kept for kept in TABLE if kept.name == "vm_cpu")


def labels(domain: str, instance: str = "h1", **more: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"domain": domain, "instance": instance, **more}.items()))


def hours(domain: str, values: dict[int, float], instance: str = "h1") -> Rollup:
    told = [(labels(domain, instance), np.array([*values], float), np.array([*values.values()]))]
    peaks = [(row, times, 2 * means) for row, times, means in told]
    return rollup(CPU, [*range(min(values), max(values) + 1, 3600)], told, peaks)


def test_an_hour_without_a_sample_is_not_known() -> None:
    found = hours("web", {3600: 0.1, 10_800: 0.3})
    assert found.labels == (("h1", "web"),)
    np.testing.assert_allclose(found.mean[:, 0], [0.1, np.nan, 0.3], rtol=1e-6)
    np.testing.assert_allclose(found.peak[:, 0], [0.2, np.nan, 0.6], rtol=1e-6)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e300])
def test_a_value_that_no_load_can_have_is_not_known(odd: float) -> None:
    """Rules may divide by nothing; advice multiplies what it reads."""
    found = hours("web", {3600: 0.1, 7200: odd})
    np.testing.assert_allclose(found.mean[:, 0], [0.1, np.nan], rtol=1e-6)


def test_of_two_providers_the_first_counts_and_series_without_the_labels_are_left_out() -> None:
    time, one, two = np.array([3600.0]), np.array([0.1]), np.array([0.2])
    told = [
        (labels("web", provider="libvirt"), time, one),
        (labels("web", provider="kubevirt"), time, two),
        ((("domain", "lost"),), time, two),
    ]
    found = rollup(CPU, [3600], told, told)
    assert found.labels == (("h1", "web"),)
    assert float(found.mean[0, 0]) == np.float32(0.1)
    assert key_of(CPU, (("domain", "lost"),)) == ()


def test_newcomers_and_what_vanished_stand_beside_each_other() -> None:
    found = hours("web", {3600: 0.1}).after(hours("db", {7200: 0.4}))
    assert found.ends.tolist() == [3600, 7200]
    assert found.labels == (("h1", "web"), ("h1", "db"))
    np.testing.assert_allclose(found.mean, [[0.1, np.nan], [np.nan, 0.4]], rtol=1e-6)


def test_four_weeks_are_kept_and_series_that_are_not_in_them_are_forgotten() -> None:
    first = hours("gone", {0: 0.1})
    found = first.after(hours("web", {3600 * at: 0.2 for at in range(1, KEPT + 1)}))
    assert found.labels == (("h1", "web"),)
    assert found.mean.shape == (KEPT, 1)
    assert (int(found.ends[0]), int(found.ends[-1])) == (3600, 3600 * KEPT)


def test_advice_is_from_four_weeks_where_more_was_read() -> None:
    long = np.tile(np.arange(KEPT + 48, dtype=np.float32)[:, None], 2)
    long[-KEPT:, 1] = np.nan
    table = Rollup((("h1", "web"), ("h1", "gone")), 3600 * np.arange(1, len(long) + 1), long, long + 1)
    short = Rollup((("h1", "web"),), table.ends[:5], long[:5, :1], long[:5, :1])
    known = Rollups(3600, {"vm_cpu": table, "vm_memory": short})
    found = known.four_weeks
    assert found is known.four_weeks, "caches of advice go by identity"
    assert found["vm_cpu"].labels == (("h1", "web"),)
    assert (found["vm_cpu"].mean[0, 0], found["vm_cpu"].peak[0, 0], found["vm_cpu"].ends[0]) == (
        48,
        49,
        49 * 3600,
    )
    assert found["vm_memory"].ends.tolist() == short.ends.tolist()
    assert found.four_weeks is found


def test_hours_before_the_first_value_are_not_known() -> None:
    """A backend that is two hours old is asked for four weeks."""
    mean = np.array([[np.nan, np.nan], [np.nan, 0.1], [np.nan, np.nan], [0.2, np.nan]], np.float32)
    table = Rollup((("h1", "web"), ("h1", "db")), 3600 * np.arange(1, 5), mean, mean)
    assert table.known == 3
    assert Rollup(table.labels, table.ends, mean * np.nan, mean * np.nan).known == 0
    assert Rollup().known == 0


def test_a_vm_that_migrated_brings_its_past() -> None:
    found = hours("web", {3600: 0.1}, "h1").after(hours("web", {7200: 0.4}, "h2"))
    moved = found.of_vms([("h2", "web")])
    np.testing.assert_allclose(moved.mean[:, 0], [0.1, 0.4], rtol=1e-6)


def test_vms_of_the_same_name_at_two_hosts_keep_apart() -> None:
    found = hours("web", {3600: 0.1}, "h1").after(hours("web", {7200: 0.4}, "h2"))
    both = found.of_vms([("h1", "web"), ("h2", "web")])
    np.testing.assert_allclose(both.mean, [[0.1, np.nan], [np.nan, 0.4]], rtol=1e-6)


def test_a_namesake_that_is_not_asked_for_keeps_its_hours() -> None:
    """Two disks of a VM are no two VMs."""
    found = hours("web", {3600: 0.1}, "h1").after(hours("web", {7200: 0.4}, "h2"))
    one = found.of_vms([("h2", "web"), ("h2", "web")], [("h1", "web"), ("h2", "web")])
    np.testing.assert_allclose(one.mean, [[np.nan] * 2, [0.4] * 2], rtol=1e-6)
    moved = found.of_vms([("h2", "web"), ("h2", "web")], [("h2", "web")])
    np.testing.assert_allclose(moved.mean, [[0.1] * 2, [0.4] * 2], rtol=1e-6)
    assert np.isnan(found.of_vms([("h3", "web")], [("h2", "web")]).mean).all()


@pytest.mark.parametrize(("gap", "same"), [(0, True), (APART - 1, True), (APART, False), (300, False)])
def test_hours_long_before_a_vm_came_are_of_another_one(gap: int, same: bool) -> None:
    """Between two hosts it is away for a day at most; hours in which nobody looked do not count."""
    values = np.full((400, 4), np.nan, np.float32)
    values[:40, 0], values[40 + gap :, 1] = 0.8, 0.1
    values[:, 2], values[40 + gap : 60 + gap, 3] = 0.5, 0.2
    labels = (("h1", "web"), ("h2", "web"), ("h1", "other"), ("h3", "web"))
    now = [("h2", "web"), ("h1", "other")]
    for blind in (0, 50):  # nothing is known for two days more
        table = np.insert(values, 40, np.full((blind, 4), np.nan), axis=0)
        row = Rollup(labels, 3600 * np.arange(1, len(table) + 1), table, table)
        found = row.of_vms(now).mean
        assert np.isfinite(found[:40, 0]).all() == same
        assert np.isfinite(found[40:, 0]).sum() == 360 - gap
        alive = living(row, "vm_cpu", now)
        np.testing.assert_array_equal(alive.mean, found[:, [alive.labels.index(key) for key in now]])


def test_a_vm_whose_first_hour_is_not_read_yet_brings_its_past() -> None:
    values = np.full((100, 3), np.nan, np.float32)
    values[:90, 0] = values[:50, 1] = values[:, 2] = 0.5
    row = Rollup((("h1", "a"), ("h1", "b"), ("h1", "c")), 3600 * np.arange(1, 101), values, values)
    found = row.of_vms([("h2", "a"), ("h2", "b")])
    assert np.isfinite(found.mean).sum(axis=0).tolist() == [90, 0]


def test_hours_of_a_row_that_was_read_earlier_are_found_by_their_ends() -> None:
    values = np.array([[0.1], [0.2]], np.float32)
    found = at_hours(values, np.array([3600, 7200]), np.array([0, 3600, 7200, 10_800]))
    np.testing.assert_array_equal(found[:, 0], np.array([np.nan, 0.1, 0.2, np.nan], np.float32))
    assert np.isnan(at_hours(values[:0], np.empty(0, np.int64), np.array([3600]))).all()


def test_what_is_not_known_is_nan() -> None:
    known = hours("web", {3600: 0.1})
    assert np.isnan(known.of_vms([("h9", "other")]).mean).all()
    assert np.isnan(known.of([("h9", "other")]).peak).all()
    assert Rollups()["vm_cpu"].of([("h1", "web")]).mean.shape == (0, 1)


def test_without_peaks_the_means_stand_for_them() -> None:
    told = [(labels("web"), np.array([3600.0]), np.array([0.1]))]
    found = rollup(CPU, [3600], told)
    assert found.peak is found.mean
    both = found.after(rollup(CPU, [7200], told))
    assert both.peak is both.mean


SIZES = """
rule_files: []
evaluation_interval: 5m
tests:
- interval: 5m
  input_series:
  - {series: 'libvirt_domain_info_virtual_cpus{instance="h1", domain="web"}', values: '8x9 3x30'}
  - {series: 'libvirt_domain_info_memory_usage_bytes{instance="h1", domain="web"}', values: '7x40'}
  - {series: 'libvirt_domain_filesystem_size_bytes{instance="h1",domain="web",mountpoint="/"}', values: 9x40}
  - {series: 'vm:virtual_cpus:count{instance="h2", domain="db", provider="other"}', values: '2x40'}
  - {series: 'libvirt_domain_info_virtual_cpus{instance="h2", domain="db"}', values: '5x40'}
  promql_expr_test:
  - expr: QUERY
    eval_time: 60m
    exp_samples:
    - {labels: '{instance="h1", domain="web", part="cpu"}', value: 3}
    - {labels: '{instance="h2", domain="db", provider="other", part="cpu"}', value: 2}
    - {labels: '{instance="h1", domain="web", part="memory"}', value: 7}
    - {labels: '{instance="h1", domain="web", part="/", mountpoint="/"}', value: 9}
"""


def test_what_vms_had_is_the_least_of_each_hour_by_part(tmp_path: Path) -> None:
    """By Prometheus itself; the normalised layer goes before our exporter."""
    promtool = shutil.which("promtool")
    assert promtool
    (query,) = hourly(next(kept for kept in TABLE if kept.name == SIZE), 3600, 300)
    file = tmp_path / "sizes.test.yml"
    file.write_text(SIZES.replace("QUERY", json.dumps(query)))
    tested = subprocess.run(
        [promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_ten_thousand_series_take_54_megabytes() -> None:
    table = np.zeros((KEPT, 100), np.float32)
    whole = Rollup(tuple((str(at),) for at in range(100)), np.arange(KEPT), table, table.copy())
    assert 100 * Rollups(3600, {"vm_cpu": whole}).nbytes <= 54e6


@pytest.mark.parametrize("kept", [*TABLE, *STEPS], ids=lambda kept: kept.name)
def test_a_row_asks_for_what_there_is(kept: Kept) -> None:
    rows = {row.name: row for collector in COLLECTORS for row in collector.metrics}
    made = {"instance", *re.findall(r'label_replace\(.*?, "(\w+)"', kept.query)}
    named = re.findall(r"\b(?:vm|host|pool):\w+:\w+", kept.query)
    exported = re.findall(r"\blibvirt_\w+", kept.query)
    assert named or exported
    assert all(set(kept.labels) - made <= set(layer.BY_NAME[name].labels) for name in named)
    assert all(set(kept.labels) - made <= set(rows[name].labels) for name in exported)
