"""Rankings hold: a graph has the same few series at all its moments, a table the same rows in all columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from alert_rules.anomaly import ONSET
from alert_rules.fleet_aggregates import SCORE
from answered import assert_answer
from dashboards import VALUES, columns, filled_in, panel, variable_expression, variables
from filled_prometheus import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards import Json

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
INSIGHTS = json.loads((PAGES / "virtcast-insights.json").read_text())
START = 1_790_000_400  # Unix seconds
END = START + 3600
BAD = 40  # VMs that are bad in turn, for ten minutes each
MANY = 12  # neighbours, and interfaces that lose packets
CRITICAL = ("shop-0", "shop-1", "shop-2")  # VMs that miss half as much, and may; their host ends
WORST = {*CRITICAL, *(f"bad-{number:02}" for number in range(BAD - 10 + len(CRITICAL), BAD))}


def scores() -> dict[str, list[str]]:
    """All, and those that rules record, by metric."""
    every = {"calm": 0.8, "odd": 0.95, "odder": 1.2}
    lasting = {name: score for name, score in every.items() if score >= ONSET}
    return {
        metric: [
            f'{metric}{{instance="n",domain="{name}",resource="vm_cpu"}} {score}'
            for name, score in kept.items()
        ]
        for metric, kept in ((SCORE, every), (f"{SCORE}:lasting", lasting))
    }


def samples() -> Iterator[str]:
    for number in range(BAD):
        for at in range(START, END + 1, 60):
            bad = 80 * number <= at - START < 80 * number + 600
            kept = 0.9 - number / 1000 if bad else 1
            yield f'vm:available:ratio:avg1h{{instance="a",domain="bad-{number:02}"}} {kept} {at}'
    for name in CRITICAL:
        for at in range(START, END + 1, 60):
            yield f'vm:available:ratio:avg1h{{instance="a",domain="{name}"}} 0.93 {at}'
    for name in CRITICAL:
        for at in range(START, END - 900, 60):
            yield f'libvirt_domain_virtcast_info{{instance="a",domain="{name}",criticality="high"}} 1 {at}'
    now: dict[str, list[str]] = {}
    for number in range(MANY):
        vm = f'instance="n",domain="vm-{number:02}"'
        card = f'{vm},target_device="v0"'
        for series, value in {
            f"vm:cpu_utilization:ratio{{{vm}}}": 0.5 + number / 100,
            f"vm:cpu_steal:ratio{{{vm}}}": 0.01,
            f"libvirt_domain_info_virtual_cpus{{{vm}}}": 2,
            **{f"vm:disk_{each}:rate{{{card}}}": 3 for each in ("iops", "read_bytes", "write_bytes")},
            f"vm:network_drops:ratio{{{card}}}": 0.001 * (number + 1),
            **{
                f"libvirt_domain_interface_stats_{way}_errors_total{{{card}}}": 0
                for way in ("receive", "transmit")
            },
        }.items():
            now.setdefault(series.partition("{")[0], []).append(f"{series} {value}")
    now |= scores()
    now["libvirt_domain_state"] = ['libvirt_domain_state{instance="n",domain="db",state="running"} 1']
    for rows in now.values():
        yield from (f"{row} {at}" for row in rows for at in range(END - 60, END + 1, 15))


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    text = "\n".join([*samples(), "# EOF\n"])
    with filled(text.encode(), tmp_path_factory.mktemp("rankings")) as url:
        yield url


def asked(url: str, expression: str, **more: Any) -> list[Json]:
    """The series in the answer, at the end, or with a step over the hour."""
    path = "query_range" if "step" in more else "query"
    data = {"query": filled_in(expression, VALUES), "time": END, "start": START, "end": END, **more}
    answer = requests.post(f"{url}/api/v1/{path}", data=data, timeout=30).json()
    assert answer["status"] == "success", answer
    found: list[Json] = answer["data"]["result"]
    return found


def shown(page: str, number: int) -> Json:
    return panel(json.loads((PAGES / f"virtcast-{page}.json").read_text()), number)


def test_a_graph_of_the_fastest_has_ten_lines_without_gaps(prometheus: str) -> None:
    (target,) = shown("service-levels", 13)["targets"]
    lines = asked(prometheus, target["expr"], step=60)
    assert {line["metric"]["domain"] for line in lines} == WORST
    assert {len(line["values"]) for line in lines} == {61}


def test_a_graph_of_burn_rates_hides_no_outage_between_its_moments(prometheus: str) -> None:
    """Ten minutes each of the worst, of which a moment in twenty minutes sees a half at most."""
    (target,) = shown("service-levels", 13)["targets"]
    expr = filled_in(target["expr"], {**VALUES, "$__rate_interval": "20m"})
    highest = {
        line["metric"]["domain"]: max(float(value) for _, value in line["values"])
        for line in asked(prometheus, expr, step=1200)
    }
    assert highest.keys() == WORST
    assert min(highest.values()) > 100, "a tenth of the time missed, of a thousandth that may be"


@pytest.mark.parametrize(("lasting", "unrecorded"), [(":lasting", ""), ("", ".+")])
def test_rows_of_anomalies_are_those_that_were_some(prometheus: str, lasting: str, unrecorded: str) -> None:
    """Of what rules record of them, and of all scores."""
    (rows, *_) = shown("insights", 1)["targets"]
    values = {**VALUES, "$anomalous": lasting, "${unrecorded}": unrecorded}
    found = asked(prometheus, filled_in(rows["expr"], values), step=15)
    assert {line["metric"]["domain"] for line in found} == {"odd", "odder"}


@pytest.mark.parametrize(("days", "since", "suffix"), [(15, 16, "30m"), (15, 2, ""), (3, 16, "")])
def test_half_hours_of_anomalies_are_read_where_they_go_back(
    days: int, since: int, suffix: str, tmp_path: Path
) -> None:
    """As far as the time range does; rules of before recorded the others."""
    values = {**VALUES, "$__range_s": str(days * 86_400), "$__range": f"{days}d"}
    asked = filled_in(variable_expression(variables(INSIGHTS)["anomalous"]), values)
    last = 17 * 1440  # minutes
    samples = {
        'host:vms:count{instance="n"}': f"1x{last}",
        f'{SCORE}:lasting30m{{instance="n",domain="odd"}}': f"_x{last - since * 1440} 1x{since * 1440}",
    }
    expected = [{"labels": f'{{suffix=":lasting{suffix}"}}', "value": 1}]
    assert_answer(asked, expected, samples, 60 * last, tmp_path)


@pytest.mark.parametrize(("page", "number", "first"), [("vm", 51, "CPUs used"), ("network", 31, "Dropped")])
def test_all_columns_have_the_rows_that_the_first_one_chooses(
    prometheus: str, page: str, number: int, first: str
) -> None:
    answers = {
        header: {each["metric"]["domain"] for each in asked(prometheus, expression)}
        for header, expression in columns(shown(page, number)).items()
        if expression
    }
    assert len(answers[first]) == 10
    assert all(rows == answers[first] for rows in answers.values())
