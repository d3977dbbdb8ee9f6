"""Bars and cells of migrations add up to those that there were, whatever the step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests

from answered import assert_answer
from dashboards import VALUES, filled_in, panel, variable_expression, variables
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-migrations.json"
START = 1_790_000_400  # Unix seconds
END = START + 3600
NUMBER = 20
RESTART = START + 1690  # of the exporter of one host, which counts from 0 on again
# Seconds between samples, of which the highest of a window is kept: of scrapes, and of what rules record.
SAMPLES = {"": (15, 15), ":sampled": (240, 300), ":sampled30m": (1800, 1800)}
SCRAPES = SAMPLES[""][0]
AROUND = 2 * 86_400  # seconds before and after, of which rules keep samples each half hour
HOSTS = {"steady": 40, "restarted": 0, "evacuated": 7}  # what each had counted before
OFF = START + 1570  # when the evacuated one, whose VMs leave twice as fast, is switched off
SAMPLED = ("steady", "evacuated")  # one that began anew is counted as what is sampled after it
# Days of time ranges, and what their counts read where rules have recorded for so many days.
READ = {(1, 16): "", (3, 16): ":sampled", (15, 16): ":sampled30m", (15, 2): ":sampled", (15, 0): ""}


def samples() -> Iterator[str]:
    """Migrations that ended at odd times, as bars count them, and as rules sample their durations."""
    ended = START + 200 + 150 * np.arange(NUMBER) + np.random.default_rng(1).uniform(0, 60, NUMBER)
    result, spread = 'direction="outgoing",result="success"', 'direction="outgoing",le="+Inf"'

    def counted(host: str, at: int) -> int:
        begun = RESTART if host == "restarted" and at >= RESTART else START
        until = START + 2 * (at - START) if host == "evacuated" else at
        return int(((ended >= begun) & (ended <= until)).sum()) + HOSTS[host]

    def rows(
        name: str, labels: str, hosts: Iterable[str], suffix: str = "", around: int = 0
    ) -> Iterator[str]:
        interval, window = SAMPLES[suffix]
        for host in hosts:
            last = OFF if host == "evacuated" else END + around
            for at in range(START - around - 993, last + window, interval):
                scrapes = range(at - window + SCRAPES, min(at, last) + 1, SCRAPES)
                if values := [counted(host, each) for each in scrapes]:
                    yield f'{name}{suffix}{{instance="{host}",{labels}}} {max(values)} {at}'

    counter = "libvirt_migrations_total"
    yield from rows(counter, result, HOSTS)
    yield from rows("libvirt_migration_duration_seconds_bucket", spread, SAMPLED, ":sampled")
    yield from rows(counter, result, SAMPLED, ":sampled")
    yield from rows(counter, result, SAMPLED, ":sampled30m", AROUND)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    text = "\n".join([*samples(), "# EOF\n"])
    with filled(text.encode(), tmp_path_factory.mktemp("counts")) as url:
        yield url


def drawn(url: str, number: int, step: int, host: str, sampled: str = "") -> float:
    """The sum of what a panel draws."""
    steps = {"$__interval": f"{step}s", "$__rate_interval": f"{max(step + SCRAPES, 4 * SCRAPES)}s"}
    values = {**VALUES, **steps, "$instance": host, "$sampled": sampled}
    (target,) = panel(json.loads(PAGE.read_text()), number)["targets"]
    around = AROUND if sampled.endswith("30m") else 0
    first, last = -(-(START - around) // step) * step, (END + around) // step * step
    asked: dict[str, Any] = {"query": filled_in(target["expr"], values), "start": first, "end": last}
    answer = requests.post(f"{url}/api/v1/query_range", data={**asked, "step": step}, timeout=30).json()
    assert answer["status"] == "success", answer
    return sum(float(value) for row in answer["data"]["result"] for _, value in row["values"])


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("step", [60, 120, 300, 1200])
def test_each_migration_is_in_one_bar(prometheus: str, step: int, host: str) -> None:
    assert drawn(prometheus, 33, step, host) == NUMBER


@pytest.mark.parametrize("step", [600, 1200])
@pytest.mark.parametrize("host", SAMPLED)
def test_each_migration_is_in_one_bar_of_what_rules_sample(prometheus: str, host: str, step: int) -> None:
    assert drawn(prometheus, 33, step, host, ":sampled") == NUMBER


@pytest.mark.parametrize("step", [6 * 3600, 12 * 3600])
@pytest.mark.parametrize("host", SAMPLED)
def test_each_migration_is_in_one_bar_of_half_hours(prometheus: str, host: str, step: int) -> None:
    assert drawn(prometheus, 33, step, host, ":sampled30m") == NUMBER


@pytest.mark.parametrize("step", [600, 1200])
def test_cells_of_a_heat_map_are_as_dark_as_there_were_migrations(prometheus: str, step: int) -> None:
    """They are estimated: a quarter is no other colour."""
    assert drawn(prometheus, 35, step, "steady", ":sampled") == pytest.approx(NUMBER, rel=0.25)


@pytest.mark.parametrize(("days", "recorded"), READ)
def test_what_rules_sample_is_read_where_they_do(days: int, recorded: int, tmp_path: Path) -> None:
    """Rules of an older version have aggregates, but none of migrations. Those of half hours are read where
    they were recorded at the beginning of the time range.
    """
    names = ["vm:cpu_utilization:ratio:avg5m"]
    if recorded:
        names += [f"libvirt_migrations_total{suffix}" for suffix in (":sampled", ":sampled30m")]
    values = {**VALUES, "$__range_s": str(days * 86_400), "$__range": f"{days}d"}
    asked = filled_in(variable_expression(variables(json.loads(PAGE.read_text()))["sampled"]), values)
    suffix = READ[days, recorded]
    expected = [{"labels": f'{{suffix="{suffix}"}}', "value": 1}] if suffix else []
    last = max(map(max, READ)) * 1440  # minutes
    since = f"_x{last - 1440 * recorded} 1x{1440 * recorded}"
    assert_answer(asked, expected, {f'{name}{{instance="a"}}': since for name in names}, 60 * last, tmp_path)


@pytest.mark.parametrize(
    ("number", "series"), [(25, "host:cpu_utilization:ratio"), (26, "host:memory_utilization:ratio")]
)
def test_hosts_meanwhile_are_those_that_migrated_a_vm(number: int, series: str, tmp_path: Path) -> None:
    """At both ends, within the time range, or under way: the VM is paused where it comes to be."""
    job = 'libvirt_domain_job_info{{instance="{}", domain="{}", operation="{}"}}'
    counter = 'libvirt_migrations_total{{instance="{}", direction="incoming", result="success"}}'
    paused = 'libvirt_domain_state{{instance="{}", domain="{}", state="paused"}}'
    hosts, others = ("from", "to", "after", "leaves", "reached"), ("saves", "before", "calm", "pauses")
    samples = {
        **{f'{series}{{instance="{host}"}}': "0.5+0x180" for host in (*hosts, *others)},
        job.format("from", "brief", "migration_out"): "_x130 1+0x2 stale",
        job.format("to", "brief", "migration_in"): "_x130 1+0x2 stale",
        job.format("saves", "vm", "save"): "_x130 1+0x2 stale",
        job.format("before", "vm", "migration_out"): "_x30 1+0x2 stale",
        counter.format("after"): "0+0x150 1+0x30",
        counter.format("calm"): "7+0x180",
        job.format("leaves", "moves", "migration_out"): "_x170 1+0x10",
        paused.format("reached", "moves"): "_x170 1+0x10",
        paused.format("pauses", "vm"): "_x170 1+0x10",
    }
    (target,) = panel(json.loads(PAGE.read_text()), number)["targets"]
    expected = [{"labels": f'{{instance="{host}"}}', "value": 0.5} for host in hosts]
    assert_answer(filled_in(target["expr"]), expected, samples, 180 * 60, tmp_path)
