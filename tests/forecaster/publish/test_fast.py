"""The page of the fast lane: few samples, with the labels of their series."""

from __future__ import annotations

from exporter.metric import families
from exporter.web.exposition import exposition
from forecaster.config.resource import Resource
from forecaster.publish.fast import fast_samples
from forecaster.view.fast import FastView

NOW = 1_800_000_000
CPU = Resource("vm_cpu", "vm:cpu_utilization:ratio", fast=2)
WEB, DB, CACHE = ((("domain", each), ("instance", "h1")) for each in ("web", "db", "cache"))
VIEWS = {"vm_cpu": FastView(CPU, NOW - 1, {WEB: 1.5, DB: 0.95, CACHE: 0.89})}
QUERIES = {"success": 7, "failure": 3}


def lines(now: float = NOW, replica: str = "") -> list[str]:
    text = exposition(families(fast_samples(VIEWS, QUERIES, now, replica)), "").body.decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_what_is_anomalous_is_published_and_nothing_else_of_series() -> None:
    assert lines() == [
        'virtcast_fast_anomaly_score{resource="vm_cpu",domain="web",instance="h1"} 1.5',
        'virtcast_fast_anomaly_score{resource="vm_cpu",domain="db",instance="h1"} 0.95',
        'virtcast_fast_last_success_timestamp_seconds{resource="vm_cpu"} 1799999999.0',
        'virtcast_fast_queries_total{result="success"} 7.0',
        'virtcast_fast_queries_total{result="failure"} 3.0',
    ]


def test_scores_of_old_samples_are_none_but_their_time_is_told() -> None:
    assert len(lines(NOW + 5)) == 5
    assert len(lines(NOW + 6)) == 3


def test_its_circuit_breaker_is_told() -> None:
    text = exposition(families(fast_samples({}, {}, NOW, circuit_open=True)), "").body.decode()
    assert text.splitlines()[-1] == "virtcast_fast_circuit_open 1.0"


def test_replicas_are_told_apart() -> None:
    assert lines(replica="b")[0].endswith('{resource="vm_cpu",domain="web",instance="h1",replica="b"} 1.5')
