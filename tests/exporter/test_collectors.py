"""Every collector on a snapshot of all different values; the page as a generated file; each failing alone."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from example_host import TESTS, collectors_tests, page, with_statistics
from exporter.collectors.registry import COLLECTORS
from exporter.scrape import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

GOLDEN = TESTS / "metrics.txt"


def test_the_page_is_the_golden_one(snapshot: Snapshot) -> None:
    assert page(snapshot) == GOLDEN.read_text(), "run: make generate; and read the difference"


def test_promtool_finds_nothing_wrong_with_the_golden_page() -> None:
    check = subprocess.run(
        ["promtool", "check", "metrics"],
        input=GOLDEN.read_text(),
        text=True,
        capture_output=True,
        check=False,
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_the_golden_page_has_every_metric_of_every_table() -> None:
    golden = GOLDEN.read_text()
    rows = [row for collector in COLLECTORS for row in collector.metrics]
    without = {"libvirt_domain_vcpu_halted"}  # only on hosts that report it; see test_cpu
    missing = [row.name for row in rows if f"# TYPE {row.name} " not in golden]
    assert set(missing) == without


def test_each_collector_has_a_file_of_tests() -> None:
    """Where its distinct values stand, and what virsh says of its metrics."""
    tested = {Path(str(module.__file__)).stem.removeprefix("test_") for module in collectors_tests()}
    assert tested == {one.name.replace("-", "_") for one in COLLECTORS}


def test_names_and_places_on_the_page_are_given_once() -> None:
    for given in ([one.name for one in COLLECTORS], [one.order for one in COLLECTORS]):
        assert len(set(given)) == len(given)
    assert [one.order for one in COLLECTORS] == sorted(one.order for one in COLLECTORS)


def test_no_metric_stands_in_two_tables() -> None:
    rows = [row.name for collector in COLLECTORS for row in collector.metrics] + [row.name for row in METRICS]
    assert [name for name, times in Counter(rows).items() if times > 1] == []


def test_no_value_stands_for_two_fields(snapshot: Snapshot) -> None:
    """The golden page can tell swapped fields apart only if no two counters of a domain are equal."""
    own = tuple(one for one in COLLECTORS if not one.name.startswith("compat-"))  # they repeat others
    values = Counter(
        line.rsplit(" ", 1)[1]
        for line in page(snapshot, own).splitlines()
        if line.startswith(("libvirt_domain_memory", "libvirt_domain_vcpu", "libvirt_domain_block_stats_",
                            "libvirt_domain_interface_stats_", "libvirt_domain_job_"))
        and "_info{" not in line
    )  # fmt: skip
    assert [value for value, times in values.items() if times > 1] == []


@pytest.mark.parametrize("failing", [collector.name for collector in COLLECTORS])
def test_a_collector_that_raises_costs_its_own_samples_only(snapshot: Snapshot, failing: str) -> None:
    def raises(snapshot: Snapshot) -> Iterator[Sample]:
        yield next(iter(original.collect(snapshot)))
        raise RuntimeError("broken")

    original = next(one for one in COLLECTORS if one.name == failing)
    broken = tuple(one._replace(collect=raises) if one is original else one for one in COLLECTORS)
    names = tuple(row.name for row in original.metrics)
    success = f'libvirt_scrape_collector_success{{collector="{failing}"}} '
    expected = [line for line in page(snapshot).splitlines() if not _is_of(line, names)]
    expected[expected.index(success + "1.0")] = success + "0.0"
    assert page(snapshot, broken).splitlines() == expected


def _is_of(line: str, names: tuple[str, ...]) -> bool:
    name = line.split(" ", 3)[2] if line.startswith("#") else re.split("[{ ]", line, maxsplit=1)[0]
    for suffix in ("_bucket", "_sum", "_count"):
        if name.removesuffix(suffix) in names:
            return True
    return name in names


def test_what_is_missing_at_the_source_is_missing_on_the_page(snapshot: Snapshot) -> None:
    lines = [line for line in page(snapshot).splitlines() if 'domain="idle"' in line]
    assert {line.split("{")[0] for line in lines} == {
        "libvirt_domain_state", "libvirt_domain_state_reason", "libvirt_domain_persistent",
        "libvirt_domain_stats_stale", "libvirt_domain_snapshots", "libvirt_domain_checkpoints",  # 0 of them
        "libvirt_domain_events_total", "libvirt_domain_resets_total",
        "libvirt_domain_info_vstate", "libvirt_domain_info_state", "libvirt_domain_timed_out",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["iothread", "perf", "dirtyrate", "memory-bandwidth", "kvm", "block-backing"]
)
def test_a_domain_without_any_of_a_group_has_no_samples(snapshot: Snapshot, name: str) -> None:
    (collector,) = (one for one in COLLECTORS if one.name == name)
    assert list(collector.collect(with_statistics(snapshot, {"state.state": 1}))) == []


def test_two_domains_of_one_name_do_not_make_a_series_twice(snapshot: Snapshot) -> None:
    web = snapshot.domains[0]
    double = replace(snapshot, domains=(web, replace(web, uuid="another")))
    series = [line.rsplit(" ", 1)[0] for line in page(double).splitlines() if not line.startswith("#")]
    assert [one for one, times in Counter(series).items() if times > 1] == []


def test_without_libvirt_the_page_says_so_and_names_no_domain(snapshot: Snapshot) -> None:
    down = replace(snapshot, connection=replace(snapshot.connection, up=False), domains=())
    text = page(down)
    assert "\nlibvirt_up 0.0\n" in text
    assert "libvirt_domain_state{" not in text
    assert 'libvirt_migrations_total{direction="outgoing",result="success"} 70.0' in text


def test_hostile_names_are_escaped(snapshot: Snapshot) -> None:
    web = replace(snapshot.domains[0], name='a"b\\c\nd\u2028é')
    text = page(replace(snapshot, domains=(web,)))
    assert 'libvirt_domain_state{domain="a\\"b\\\\c\\nd\u2028é",state="running"} 1.0' in text
