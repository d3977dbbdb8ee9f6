"""What is said of exporters, rules and forecasters, and what mends what is missing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml

from alert_rules.alerts.libvirt import AREAS as LIBVIRT
from alert_rules.rules import settled
from alert_rules.values import defaults
from exporter.web.finding import Finding
from forecaster.cli import main
from forecaster.config.model import Backend, Config
from forecaster.promql.client import Client
from forecaster.promql.rules import Rule
from forecaster.series.frame import Track
from forecaster.serve.surroundings import (
    ANSWER_PROMETHEUS,
    LOAD_AGGREGATES,
    SCRAPE_EXPORTERS,
    SCRAPE_FAST,
    SCRAPE_FORECASTER,
    UNANSWERED,
    WRITE_RULES,
    exporters,
    fast_pages,
    fast_scores,
    forecasters,
    machines,
    rules,
    surroundings,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import Program

RULES = Path(__file__).parents[3] / "alert_rules"
NOW = 1_700_000_100
LAYER = ("pool:utilization:ratio", "vm:cpu_utilization:ratio")
RECORDED = tuple(Rule("virtcast-vm-libvirt", name, alerts=False, error="") for name in LAYER)
ALERT = Rule("virtcast-cpu", "VmCpu", alerts=True, error="")
LAST = {"job": "virtcast", "instance": "fc:9178"}


def track(value: float, **labels: str) -> Track:
    return Track(tuple(sorted(labels.items())), np.array([float(NOW)]), np.array([value]))


def test_the_resources_read_the_normalised_layer() -> None:
    assert {"vm:cpu_utilization:ratio", "pool:utilization:ratio", "host:memory_utilization:ratio"} <= wanted(
        Config()
    )


def test_hosts_whose_libvirt_answers_are_counted() -> None:
    up = [track(1, instance="a"), track(1, instance="b")]
    assert list(exporters(up, [], [], [])) == [Finding("ok", "exporters", "2 hosts of libvirt")]


def test_a_node_exporter_beside_libvirt_under_another_instance_is_told() -> None:
    up = [
        track(1, instance="h1:9177"),
        track(0, instance="h2:9177"),
        track(1, instance="h3"),
        track(1, instance="[::1]:9177"),
    ]
    scraped = [track(1, instance=f"{host}:9100") for host in ("h1", "h2", "database", "[::1]")] + [
        track(1, instance="h3")
    ]
    (found,) = machines(up, scraped)
    assert (found.word, found.text) == (
        "none",
        "[::1]:9100, h1:9100, h2:9100 not used: another `instance` than libvirt's on the same host",
    )
    assert list(machines(up, scraped[2:3] + scraped[4:])) == []


def test_hosts_whose_libvirt_does_not_answer_are_named_up_to_five() -> None:
    up = [track(1, instance="a"), *(track(0, instance=f"h{n}") for n in range(7))]
    (found,) = exporters(up, [], [], [])
    assert found.word == "failed"
    assert found.text == "libvirt does not answer at h0, h1, h2, h3, h4 and 2 more"
    assert found.mends.startswith("virtcast-exporter --check")


def test_other_providers_are_exporters_too() -> None:
    found = exporters([], [], [track(9, provider="kubevirt")], [])
    assert list(found) == [Finding("ok", "exporters", "provider kubevirt")]


def test_exporters_that_do_not_answer_are_named_beside_those_that_do() -> None:
    up, h3 = [track(1, instance="h1:9177"), track(1, instance="h2:9177")], track(0, instance="h3:9177")
    (found,) = exporters(up, [h3], [track(9, provider="libvirt")], [])
    assert (found.word, found.subject) == ("failed", "exporters")
    assert found.text == "Prometheus cannot scrape the exporter of h3:9177"
    assert found.mends == ANSWER_PROMETHEUS


def test_a_libvirt_and_an_exporter_that_do_not_answer_are_two_findings() -> None:
    found = list(exporters([track(0, instance="h1")], [track(0, instance="h2")], [], []))
    assert [each.word for each in found] == ["failed", "failed"]
    assert [each.text.split()[-1] for each in found] == ["h1", "h2"]


def test_exporters_are_known_as_the_alert_knows_them() -> None:
    (area,) = LIBVIRT
    (down,) = (settled(each, defaults(area.section)) for each in area.alerts if each.name == "LibvirtDown")
    assert " ".join(down.expr.split()).endswith(f" or {' '.join(UNANSWERED.split())}")


def test_without_an_exporter_the_targets_that_are_down_are_named() -> None:
    none = Finding("none", "exporters", "no series of an exporter", SCRAPE_EXPORTERS)
    assert list(exporters([], [], [], [])) == [none]
    (found,) = exporters([], [], [], [track(0, job="vms", instance="kvm1:9177")])
    assert found.text == "no series of an exporter; Prometheus cannot scrape vms kvm1:9177"


@pytest.mark.parametrize(
    ("mends", "job"),
    [(SCRAPE_EXPORTERS, "libvirt"), (SCRAPE_FORECASTER, "virtcast"), (SCRAPE_FAST, "virtcast-fast")],
)
def test_what_is_to_be_taken_over_is_what_rules_writes(mends: str, job: str, tmp_path: Path) -> None:
    assert main(["rules", f"--output={tmp_path}"]) == 0
    jobs = yaml.safe_load((tmp_path / "prometheus.yml").read_text())["scrape_configs"]
    (named,) = (each for each in jobs if each["job_name"] == job)
    assert f"the job `{job}`" in mends
    (file,) = named["file_sd_configs"][0]["files"]
    assert f" in {file} beside your prometheus.yml" in mends
    assert (tmp_path / file).is_file()


def test_rules_that_are_loaded_are_counted() -> None:
    assert list(rules((*RECORDED, ALERT), LAYER)) == [
        Finding("ok", "recording rules", "2 series are recorded"),
        Finding("ok", "alerts", "1 rules"),
    ]


def test_series_that_no_rule_records_are_named_with_the_line_that_mends_it() -> None:
    first, alerts = rules(RECORDED[:1], LAYER)
    assert first == Finding("failed", "recording rules", "vm:cpu_utilization:ratio not recorded", WRITE_RULES)
    assert alerts == Finding("none", "alerts", "no alerts.rules.yml is loaded", WRITE_RULES)


def test_alerts_of_others_are_not_ours() -> None:
    assert list(rules((*RECORDED, ALERT._replace(group="node")), LAYER))[1].word == "none"


def shipped(*files: str) -> list[Rule]:
    texts = [(RULES / f"{file}.rules.yml").read_text() for file in files]
    groups = [group for text in texts for group in yaml.safe_load(text)["groups"]]
    return [
        Rule(group["name"], one.get("alert") or one["record"], "alert" in one, "", one["expr"])
        for group in groups
        for one in group["rules"]
    ]


def test_alerts_that_read_aggregates_are_named_where_those_are_not_loaded() -> None:
    (found,) = (each for each in rules(shipped("recording", "alerts"), LAYER) if each.word != "ok")
    assert (found.word, found.subject, found.mends) == ("none", "aggregates", LOAD_AGGREGATES)
    assert found.text.startswith("VmCpuOverProvisioned, VmIdle, VmMemoryOverProvisioned cannot fire: ")


def test_with_all_rules_every_alert_can_fire() -> None:
    found = rules(shipped("recording", "aggregates", "alerts"), LAYER)
    assert [each.word for each in found] == ["ok", "ok"]


def test_a_rule_that_fails_is_told_with_its_error() -> None:
    found = list(rules((*RECORDED, ALERT._replace(error="many-to-many matching")), LAYER))
    assert found[-1] == Finding("failed", "rule VmCpu", "many-to-many matching")


def test_a_backend_that_does_not_tell_its_rules_is_no_failure() -> None:
    (found,) = rules(None, LAYER)
    assert (found.word, found.mends) == ("none", "")


def test_a_backend_without_rules_is_told_which_to_load() -> None:
    assert list(rules((), LAYER)) == [Finding("none", "rules", "the backend has loaded none", WRITE_RULES)]


def test_without_a_forecaster_its_scrape_job_is_told() -> None:
    (found,) = forecasters([], [], NOW, 300)
    assert (found.word, found.mends) == ("none", SCRAPE_FORECASTER)


@pytest.mark.parametrize(("age", "word"), [(10, "ok"), (900, "ok"), (901, "failed")])
def test_a_forecaster_is_late_after_three_cycles(age: int, word: str) -> None:
    (found,) = forecasters([track(NOW - age, **LAST)], [], NOW, 300)
    assert (found.word, found.subject) == (word, "forecaster fc:9178")


def test_without_honor_labels_the_job_is_named() -> None:
    *_, found = forecasters([track(NOW, **LAST)], [track(7, **LAST)], NOW, 300)
    assert found.word == "failed"
    assert found.mends == "set honor_labels: true in the scrape job virtcast"


def test_a_fast_page_that_nobody_scrapes_is_told() -> None:
    last = [track(NOW, **LAST), track(NOW, job="virtcast", instance="fc2:9178")]
    (found,) = fast_pages(last, [], [])
    assert (found.word, found.mends) == ("none", SCRAPE_FAST)
    assert found.text == "/metrics/fast of fc2:9178, fc:9178 is not scraped: the time left of migrations"
    assert list(fast_pages(last, [track(0, instance="fc:9178")], [])) == []


def test_every_forecaster_with_fast_scores_must_be_scraped() -> None:
    last = [track(NOW, **LAST), track(NOW, job="virtcast", instance="fc2:9178")]
    (found,) = fast_pages(last, [track(0, instance="fc:9178")], ["vm_cpu"])
    assert found.word == "none", "the other one may have no such resource"
    (alone,) = fast_pages(last[:1], [], ["vm_cpu"])
    assert alone.word == "failed"
    assert found.text.startswith("/metrics/fast of fc2:9178 is not scraped: scores of vm_cpu and the time")
    both = [track(0, instance="fc:9178"), track(0, instance="fc2:9178")]
    assert list(fast_pages(last, both, ["vm_cpu"])) == []


def test_without_a_forecaster_nothing_is_told_of_its_fast_page() -> None:
    assert list(fast_pages([], [], ["vm_cpu"])) == []


def test_scores_that_are_pushed_need_no_fast_page() -> None:
    resources = tuple(replace(each, fast=2 * (each.name == "vm_cpu")) for each in Config().resources)
    assert fast_scores(Config(resources=resources)) == ["vm_cpu"]
    pushed = Backend(remote_write_url="http://prometheus:9090/api/v1/write")
    assert fast_scores(Config(resources=resources, backend=pushed)) == []


BROKEN_RULE = """\
groups:
- name: virtcast-vm-libvirt
  interval: 1s
  rules:
  - {record: "vm:cpu_utilization:ratio", expr: "vector(1) + on () vm_two"}
  - {alert: VmCpu, expr: "vector(0) > 1"}
"""


def samples(now: int) -> str:
    """Of a forecaster that is scraped without honor_labels, and two series that match one."""
    target, fast = (f'job="{job}",instance="fc:9178"' for job in ("virtcast", "virtcast-fast"))
    series = {
        'vm_two{a="x"}': 1.0,
        'vm_two{a="y"}': 1.0,
        f"virtcast_last_success_timestamp_seconds{{{target}}}": float(now),
        f'virtcast_baseline_value{{{target},exported_instance="kvm1"}}': 0.4,
        f"virtcast_fast_circuit_open{{{fast}}}": 0.0,
        f'virtcast_fast_anomaly_score{{{fast},exported_instance="kvm1"}}': 0.9,
        f'virtcast_migration_remaining_seconds{{{fast},exported_instance="kvm1"}}': 5.0,
    }
    lines = []
    for name, value in series.items():
        lines += [f"{name} {value} {now + at}" for at in range(-60, 600, 15)]
    return "\n".join((*lines, "# EOF", ""))


def test_a_real_prometheus(prometheus_with: Callable[..., Program], tmp_path: Path) -> None:
    (tmp_path / "own.rules.yml").write_text(BROKEN_RULE)
    program = prometheus_with(samples(int(time.time())), f"rule_files: [{tmp_path}/own.rules.yml]\n")
    client = Client(Backend(url=program.url, retries=0))
    end = time.monotonic() + 30
    while not any(rule.error for rule in client.rules() or ()) and time.monotonic() < end:
        time.sleep(0.5)
    found = list(surroundings(Config(), client, client.rules(), int(time.time())))
    client.close()
    by = {each.subject: each for each in found}
    assert by["recording rules"].word == "failed"
    assert by["alerts"].word == "ok"
    assert "many-to-many" in by["rule vm:cpu_utilization:ratio"].text
    assert by["exporters"].word == "none"
    assert sorted(each.mends for each in found[-2:]) == [
        "set honor_labels: true in the scrape job virtcast",
        "set honor_labels: true in the scrape job virtcast-fast",
    ]


def test_a_real_prometheus_that_cannot_scrape_some(prometheus_with: Callable[..., Program]) -> None:
    """One exporter answers, one never did, one of a job of any name did lately; a printer is nobody's."""
    now = int(time.time())
    since = {
        'up{job="libvirt",instance="h1"}': (1, -60),
        'libvirt_up{job="libvirt",instance="h1"}': (1, -60),
        'up{job="libvirt",instance="h3"}': (0, -60),
        'up{job="vms",instance="h4"}': (0, -60),
        'up{job="snmp",instance="printer"}': (0, -60),
    }
    lines = [
        f"{name} {value} {now + at}" for name, (value, begun) in since.items() for at in range(begun, 600, 15)
    ]
    lately = [f'libvirt_up{{job="vms",instance="h4"}} 1 {now + at}' for at in (-1200, -1185)]
    program = prometheus_with("\n".join((*lines, *lately, "# EOF", "")), "")
    client = Client(Backend(url=program.url, retries=0))
    found = [each for each in surroundings(Config(), client, None, now) if each.subject == "exporters"]
    client.close()
    assert [each.text for each in found] == ["Prometheus cannot scrape the exporter of h3, h4"]
