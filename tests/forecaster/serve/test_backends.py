"""The forecaster against real backends: Prometheus, stopped and started, and VictoriaMetrics."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

from exporter.web.server import Request
from forecaster.cli import main
from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config, Shard
from forecaster.config.resource import Resource
from forecaster.promql.client import Client
from forecaster.promql.parts import conditions, nothing, query_of
from forecaster.promql.results import PromqlError, Result
from forecaster.series.state import State
from forecaster.serve.loop import Loop
from forecaster.serve.survey import state_bytes, surveys
from forecaster.serve.watch import Watch
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from backends import MemoryBackend, Program

STEP, HOUR = 900, 3600
NOW = 1_700_000_100 // STEP * STEP
BEGIN, END = NOW - 25 * HOUR, NOW + 6 * HOUR
BORN, DIED = NOW + HOUR, NOW + 2 * HOUR
STEADY, NEW, OLD = (
    (("domain", name), ("instance", "h1"), ("provider", "libvirt")) for name in ("steady", "new", "old")
)
ODD = Resource("odd", "vm:odd:ratio", horizons=(horizon("1h"),))
HOSTILE = '/\ufffd"\\\n\x1b\x00{}'
RESOURCES = (
    Resource("vm_cpu", "vm:cpu_utilization:ratio", horizons=(horizon("1h"),)),
    Resource("vm_filesystem", "max by (domain, mountpoint) (vm:filesystem_utilization:ratio)", limit=0.95),
    Resource("broken", "sum(up"),
)


def cpu(at: int, level: float) -> float:
    return level + 0.1 * math.sin(2 * math.pi * at / 86_400) + 0.005 * math.sin(at / 700)


def samples() -> str:
    """Three VMs, of which one is born and one dies, and a file system that fills."""
    lines = ["# TYPE vm:cpu_utilization:ratio gauge"]
    lives = (("steady", 0.3, BEGIN, END), ("new", 0.5, BORN, END), ("old", 0.7, BEGIN, DIED))
    for name, level, first, last in lives:
        labels = f'{{provider="libvirt",instance="h1",domain="{name}"}}'
        lines += [
            f"vm:cpu_utilization:ratio{labels} {cpu(t, level):.6f} {t}" for t in range(first, last + 1, STEP)
        ]
    lines.append("# TYPE vm:filesystem_utilization:ratio gauge")
    labels = '{domain="steady",mountpoint="/var"}'
    for t in range(BEGIN, END + 1, STEP):
        level = 0.9 + 0.04 * (t - NOW) / (6 * HOUR) + 0.0005 * math.sin(t / 500)
        lines.append(f"vm:filesystem_utilization:ratio{labels} {level:.6f} {t}")
    lines.append("# TYPE vm:odd:ratio gauge")
    mount = HOSTILE.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    for path, first in (("/", BEGIN), (mount, BORN)):
        labels = f'{{domain="steady",mountpoint="{path}"}}'
        lines += [f"vm:odd:ratio{labels} {cpu(t, 0.4):.6f} {t}" for t in range(first, END + 1, STEP)]
    return "\n".join((*lines, "# EOF", ""))


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[str], Program]) -> Program:
    return prometheus_with(samples())


@pytest.fixture
def client(prometheus: Program) -> Iterator[Client]:
    made = Client(Backend(url=prometheus.url, retries=0))
    yield made
    made.close()


def test_real_answers(client: Client) -> None:
    now = {track.labels: track.values[0] for track in client.query("vm:cpu_utilization:ratio", NOW)}
    assert now == {
        STEADY: pytest.approx(cpu(NOW, 0.3), abs=1e-6),
        OLD: pytest.approx(cpu(NOW, 0.7), abs=1e-6),
    }
    tracks = client.query_range('vm:cpu_utilization:ratio{domain="new"}', NOW, END, STEP)
    assert tracks[0].times.tolist() == list(range(BORN, END + 1, STEP))
    assert client.query("vm:cpu_utilization:ratio / 0 > 0 or vm:none", NOW)[0].values[0] == np.inf


@pytest.mark.parametrize(
    ("expression", "result", "message"),
    [
        ("sum(", Result.BAD_QUERY, "does not accept the query: .*parse error"),
        ("1", Result.BAD_QUERY, "gives a scalar"),
        ('label_replace(up, "a", "(", "b", "(")', Result.BAD_QUERY, "cannot run the query|does not accept"),
    ],
)
def test_real_refusals(client: Client, expression: str, result: Result, message: str) -> None:
    with pytest.raises(PromqlError, match=message) as raised:
        client.query(expression, NOW)
    assert raised.value.result is result


# A selector, and queries that can only be filtered as a whole.
DIVISIBLE = (
    "vm:cpu_utilization:ratio",
    "max by (domain) (vm:cpu_utilization:ratio) * 2 # twice",
    "vm:cpu_utilization:ratio / on (domain) group_left () count by (domain) (vm:cpu_utilization:ratio)",
)


def in_halves(client: Client, query: str) -> None:
    """By each of the first conditions, the halves of a query are the whole, and nothing is empty."""
    whole = sorted(track.labels for track in client.query(query, NOW))
    assert len(whole) == 2
    told_apart = 0
    for condition in islice(conditions("domain"), 20):
        odd, even = (
            [track.labels for track in client.query(query_of(query, ((condition, holds),)), NOW)]
            for holds in (True, False)
        )
        expected = [row for row in whole if re.fullmatch(condition.pattern, dict(row)["domain"])]
        assert (sorted(odd), sorted(odd + even)) == (expected, whole)
        told_apart += len(odd) == 1
    assert told_apart
    assert client.query(query_of(query, nothing("domain")), NOW) == []


@pytest.mark.parametrize("query", DIVISIBLE)
def test_the_parts_of_a_query_are_its_whole(client: Client, query: str) -> None:
    in_halves(client, query)


def test_a_survey_of_a_real_prometheus(client: Client) -> None:
    """What a start finds, since when, and what of it can be mended; the clock ticks a second a look."""
    none, bare = Resource("none", "vm:none:ratio"), Resource("bare", "vm:bare:ratio")
    gone = Resource("gone", 'vm:cpu_utilization:ratio{domain="old"}')
    limited = Resource("limited", "vm:cpu_utilization:ratio", limit_query="vm:none", max_series=1)
    fast = Resource("fast", "vm:cpu_utilization:ratio", fast=2, fast_query="vm:none")
    wrong = replace(fast, name="wrong", fast_query="noSuchFunction(vm)")
    counting = Resource("counting", "vm:cpu_utilization:ratio", counters=('up{job=~"("}',))
    config = Config.of(
        Backend(),
        (*RESOURCES, none, bare, gone, limited, counting, fast, wrong),
        step=STEP,
        lookback=24 * HOUR,
        stale_after=STEP,
    )
    ticks = iter(range(1000))
    asked = surveys(config, client, DIED + HOUR, frozenset({"vm:bare:ratio"}), lambda: next(ticks))
    found = {each.resource.name: each for each in asked}
    cpu = found["vm_cpu"]
    assert (cpu.series, cpu.error, cpu.advice) == (2, "", "")
    assert cpu.oldest is not None
    assert 23 * HOUR <= DIED + HOUR - cpu.oldest <= 24 * HOUR
    assert cpu.points == 2 * (DIED + HOUR - cpu.oldest) // STEP
    assert cpu.seconds == pytest.approx(cpu.points / 2 / 96, rel=0.01)  # a window holds the 96 steps
    assert cpu.bytes == 2 * state_bytes(config.step)
    assert "parse error" in found["broken"].error
    assert found["counting"].error.startswith("counters: ")
    assert (found["none"].series, found["none"].oldest) == (0, None)
    assert found["none"].advice.startswith("load recording.rules.yml")
    assert found["bare"].advice.startswith("its rules are loaded and record nothing")
    assert found["gone"].oldest is not None
    assert found["gone"].advice.startswith("there were some")
    assert found["limited"].advice == "1 are over max_series: raise it, or use --shard"
    assert found["fast"].advice == "fast_query finds nothing"
    assert found["wrong"].error.startswith("fast_query: ")


def test_a_survey_tells_what_its_own_shard_leaves_out(
    history: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six VMs of one series each, and one of four."""
    monkeypatch.setattr("forecaster.serve.survey._oldest", lambda *_: NOW)
    for vm in range(6):
        history.put("cpu", {"instance": "h", "domain": f"vm{vm}"}, {NOW: 0.5})
    for core in range(4):
        history.put("cpu", {"instance": "h", "domain": "big", "core": str(core)}, {NOW: 0.5})

    def advice(shard: str, max_series: int = 20, of_one_vm: int = 20) -> str:
        resource = Resource("r", "cpu", max_series=max_series, max_series_per_vm=of_one_vm)
        config = Config.of(Backend(), (resource,), step=STEP, lookback=2 * STEP)
        (found,) = surveys(replace(config, shard=Shard.parse(shard)), history, NOW)
        assert found.series == 10
        return found.advice

    assert advice("1/1") == ""
    assert advice("1/1", of_one_vm=2).startswith("2 are over max_series_per_vm: raise it, or ")
    assert advice("1/1", max_series=9) == "1 are over max_series: raise it, or use --shard"
    assert advice("1/2", max_series=9) == advice("2/2", max_series=9) == ""


def test_a_prometheus_says_which_labels_there_are(client: Client) -> None:
    assert client.labels("vm:cpu_utilization:ratio") == ["__name__", "domain", "instance", "provider"]


def test_a_prometheus_says_what_it_keeps(client: Client) -> None:
    assert client.retention() == 3650 * 86_400


def test_check_config_online(
    prometheus: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("forecaster.commands.check_config.time", SimpleNamespace(time=lambda: NOW + 20.0))
    path = tmp_path / "virtcast.yml"
    path.write_text("step: 15m\nlookback: 24h\nresources: {vm_memory: {query: noSuchFunction(x)}}\n")
    given = ["check-config", "--config.file", str(path), "--prometheus.url", prometheus.url]
    assert main(given) == 0
    assert "backend: " not in capsys.readouterr().out
    assert main([*given, "--online"]) == 1
    lines = re.findall(r"^(ok|none|failed) +([^:\n]+): (.*)$", capsys.readouterr().out, re.MULTILINE)
    said = {subject: (word, text) for word, subject, text in lines}
    assert said["backend"] == ("ok", f"{prometheus.url} answers and keeps 3650d of history")
    assert said["rules"][0] == said["forecaster"][0] == "none"
    assert said["exporters"] == ("ok", "provider libvirt")
    word, text = said["resource vm_cpu"]
    assert word == "ok"
    assert re.fullmatch(
        r"2 series; history since 2023-11-\d\d \d\d:\d\d UTC or before; a start: 192 points, about 1s, 1 MiB",
        text,
    )
    word, text = said["resource vm_memory"]
    assert word == "failed"
    assert "unknown function" in text
    assert said["resource pool"] == (
        "none",
        "0 series; load recording.rules.yml (`virtcast-forecaster rules`), or set enabled: false",
    )
    assert said["a start"][1].endswith("MiB")


def test_a_wrong_path_is_told(prometheus: Program) -> None:
    with pytest.raises(PromqlError, match="does not exist"):
        Client(Backend(url=f"{prometheus.url}/prometheus")).query("up", NOW)


def test_more_points_than_prometheus_gives_at_once(client: Client) -> None:
    start = NOW - 25_000
    windows = list(client.windows("vector(1)", start, NOW, 1))
    assert [last - first + 1 for first, last, _ in windows] == [11_000, 11_000, 3001]
    assert sum(len(tracks[0].times) for _, _, tracks in windows) == 25_001
    with pytest.raises(PromqlError, match="exceeded maximum resolution of 11,000"):
        client.query_range("vector(1)", start, NOW, 1)


def loop_at(url: str, now: list[float], resources: tuple[Resource, ...] = RESOURCES) -> Loop:
    config = Config.of(
        Backend(url=url, retries=0),
        resources,
        step=STEP,
        lookback=24 * HOUR,
        stale_after=2 * STEP,
        gone_after=2 * HOUR,
    )
    return Loop(config, threading.Event(), lambda: now[0])


def states(loop: Loop) -> dict[tuple[tuple[str, str], ...], State]:
    return dict(loop.view.resources[0].states)


def test_a_day_with_an_outage(prometheus: Program) -> None:
    """A VM is born and one dies while the backend is away; afterwards nothing is missing."""
    now = [NOW + 20.0]
    loop, steady = loop_at(prometheus.url, now), loop_at(prometheus.url, now)
    for each in (loop, steady):
        each.cycle(each.due())
    assert states(loop) == {STEADY: State.READY, OLD: State.READY}

    prometheus.stop()
    now[0] += STEP
    loop.cycle(loop.due())
    assert not loop.view.backend_up
    assert "cannot be reached" in loop.view.resources[0].error
    metrics = Pages(lambda: loop.view, 1800, "/metrics", lambda: now[0]).metrics
    assert b"virtcast_forecast_value{" in metrics(Request("/metrics")).body
    now[0] = BORN + HOUR / 2 + 20
    loop.cycle(loop.due())
    assert b"virtcast_forecast_value{" not in metrics(Request("/metrics")).body

    prometheus.start()
    for at in range(NOW + STEP, DIED + 1, STEP):
        now[0] = at + 20
        steady.cycle(steady.due())
    loop.cycle(loop.due())
    assert loop.view.backend_up
    assert states(loop) == {STEADY: State.READY, OLD: State.READY, NEW: State.LEARNING}
    mine, theirs = (each.view.resources[0].rows for each in (loop, steady))
    assert mine is not None
    assert theirs is not None
    assert mine.at == theirs.at == DIED
    for labels in (STEADY, OLD):
        rows = mine.labels.index(labels), theirs.labels.index(labels)
        assert mine.outlook.expected[rows[0]] == theirs.outlook.expected[rows[1]]
        assert (mine.outlook.forecast[..., rows[0]] == theirs.outlook.forecast[..., rows[1]]).all()

    seen = []
    for at in range(DIED + STEP, END, STEP):
        now[0] = at + 20
        loop.cycle(loop.due())
        seen.append(states(loop).get(OLD))
    assert seen[:3] == [State.READY, State.READY, State.STALE]
    assert seen[7:9] == [State.STALE, State.GONE]
    broken = loop.view.resources[2]
    assert "parse error" in broken.error
    assert (broken.rows, loop.view.last_success) == (None, None)


def test_a_file_system_that_fills_is_seen(prometheus: Program) -> None:
    now = [NOW + 20.0]
    loop = loop_at(prometheus.url, now)
    loop.cycle(loop.due())
    page = Pages(lambda: loop.view, 1800, "/metrics", lambda: now[0])
    lines = page.metrics(Request("/metrics")).body.decode().splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    labels = 'resource="vm_filesystem",domain="steady",mountpoint="/var"'
    assert float(found[f'virtcast_exhaustion_probability_ratio{{{labels},horizon="24h"}}']) > 0.5
    when = float(found[f'virtcast_exhaustion_timestamp_seconds{{{labels},quantile="0.5"}}'])
    assert 3 * HOUR < when - NOW < 15 * HOUR  # 7.5 h at this rate
    assert float(found[f"virtcast_limit_value{{{labels}}}"]) == 0.95
    assert "mountpoint=/var" in page.status(Request("/")).body.decode()


def odd_states(url: str) -> dict[tuple[tuple[str, str], ...], State]:
    """The states of vm:odd:ratio after a newcomer has joined; asked for by its labels, nothing fails."""
    now = [NOW + 20.0]
    loop = loop_at(url, now, (ODD,))
    loop.cycle(loop.due())
    assert len(states(loop)) == 1
    for at in range(NOW + STEP, BORN + 3 * STEP, STEP):
        now[0] = at + 20
        loop.cycle(loop.due())
        assert loop.view.resources[0].error == ""
    rows = loop.watches[0].batch
    assert rows is not None
    assert set(rows.labels) == set(states(loop)), "every newcomer has joined"
    return states(loop)


def test_a_guest_may_name_its_mount_point_anything(prometheus: Program) -> None:
    found = odd_states(prometheus.url)
    assert (("domain", "steady"), ("mountpoint", HOSTILE)) in found
    assert len(found) == 2


def test_victoria_metrics_has_label_names_and_bytes_of_its_own(victoria_metrics: Program) -> None:
    url = victoria_metrics.url
    for labels, first in (({"domain": "steady"}, BEGIN), ({"domain": "x", "k8s.pod.name": "y"}, BORN)):
        times = range(first, END + 1, STEP)
        line = {
            "metric": {"__name__": "vm:odd:ratio", **labels},
            "values": [cpu(t, 0.4) for t in times],
            "timestamps": [1000 * t for t in times],
        }
        requests.post(f"{url}/api/v1/import", json=line, timeout=10).raise_for_status()
    latin = "\n".join(f'vm:odd:ratio{{domain="lat\xe9in"}} 0.5 {t}000' for t in range(BORN, END + 1, STEP))
    requests.post(
        f"{url}/api/v1/import/prometheus", data=latin.encode("latin-1"), timeout=10
    ).raise_for_status()
    requests.get(f"{url}/internal/force_flush", timeout=10).raise_for_status()
    assert odd_states(url).keys() == {
        (("domain", "steady"),),
        (("domain", "x"), ("k8s.pod.name", "y")),
        (("domain", "lat\ufffdin"),),
    }


@pytest.fixture(scope="module")
def filled(victoria_metrics: Program) -> str:
    """The URL of a VictoriaMetrics with the same samples as the Prometheus."""
    text = "\n".join(
        f"{series} {value} {time}000"
        for series, value, time in (line.rsplit(" ", 2) for line in samples().splitlines() if line[0] != "#")
    )
    url = victoria_metrics.url
    requests.post(f"{url}/api/v1/import/prometheus", data=text.encode(), timeout=10).raise_for_status()
    requests.get(f"{url}/internal/force_flush", timeout=10).raise_for_status()
    return url


@pytest.mark.parametrize("resource", RESOURCES[:2], ids=lambda each: each.name)
def test_both_give_the_same_outlooks(prometheus: Program, filled: str, resource: Resource) -> None:
    said = []
    for url in (prometheus.url, filled):
        backend = Backend(url=url, retries=0)
        client = Client(backend)
        watch = Watch(resource, Config.of(backend, (resource,), step=STEP, lookback=25 * HOUR), client)
        for now in (NOW, NOW + STEP):
            watch.advance(now)
        client.close()
        assert watch.batch is not None
        assert watch.batch.outlook is not None
        said.append((watch.batch.labels, watch.batch.outlook))
    (labels, one), (others, other) = said
    assert labels == others
    assert one.ready.all()
    for name in (
        "expected",
        "lower",
        "upper",
        "anomaly_score",
        "probability",
        "forecast",
        "exhaustion_seconds",
    ):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-9, err_msg=name)


def test_victoria_metrics(filled: str) -> None:
    """The same history, the same states."""
    now = [NOW + 20.0]
    loop = loop_at(filled, now)
    assert loop.client.retention() is None, "it does not say"
    assert loop.client.labels("vm:cpu_utilization:ratio") == ["__name__", "domain", "instance", "provider"]
    for query in DIVISIBLE:
        in_halves(loop.client, query)
    loop.cycle(loop.due())
    assert states(loop) == {STEADY: State.READY, OLD: State.READY}
    for at in range(NOW + STEP, DIED + 3 * STEP, STEP):
        now[0] = at + 20
        loop.cycle(loop.due())
    assert states(loop)[NEW] is State.LEARNING
    assert loop.view.resources[0].error == loop.view.resources[1].error == ""
    rows = loop.view.resources[0].rows
    assert rows is not None
    assert rows.values[rows.labels.index(STEADY)] == pytest.approx(cpu(DIED + 2 * STEP, 0.3), abs=1e-6)
    assert "broken" in {each.resource.name for each in loop.view.resources if each.error}
