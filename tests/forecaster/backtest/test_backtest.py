"""The backtest as its users meet it: against a real Prometheus with a few days of history."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from importlib import metadata
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.backtest import dataset
from forecaster.cli import main
from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backends import MemoryBackend, Program

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 1_700_000_100 // STEP * STEP
BEGIN = NOW - 4 * DAY
CONFIG = """
step: 15m
resources:
  vm_cpu: {horizons: [15m, 1h]}
  mine: {query: "sum by (domain) (vm:cpu_utilization:ratio)", limit: 5}
  falling: {query: "-vm:cpu_utilization:ratio", limit: -0.9, limit_side: lower, horizons: [15m, 1h]}
  broken: {query: "misspelt(up)"}
prometheus: {retries: 0}
"""


def cpu(at: int, number: int) -> float:
    """A daily wave; every third VM is at its limit for an hour each day at noon."""
    rng = np.random.default_rng(at + number)
    busy = 0.65 if number % 3 == 0 and 12 * HOUR <= at % DAY < 13 * HOUR else 0.0
    return float(0.3 + busy + 0.1 * math.sin(2 * math.pi * at / DAY) + rng.normal(0, 0.01))


@pytest.fixture(scope="module")
def prometheus(prometheus_with: Callable[[str], Program]) -> Program:
    lines = ["# TYPE vm:cpu_utilization:ratio gauge"]
    for number in range(4):
        labels = f'{{instance="h1",domain="<vm-{number}>"}}'
        lines += [
            f"vm:cpu_utilization:ratio{labels} {cpu(t, number):.6f} {t}" for t in range(BEGIN, NOW + 1, STEP)
        ]
    return prometheus_with("\n".join((*lines, "# EOF", "")))


@pytest.fixture
def backtest(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command at NOW: status, output, errors."""
    config = tmp_path / "virtcast.yml"
    config.write_text(CONFIG)

    def run(url: str, *given: str) -> tuple[int, str, str]:
        monkeypatch.setattr("forecaster.commands.backtest.time", SimpleNamespace(time=lambda: NOW + 20.0))
        status = main(["backtest", "--prometheus.url", url, "--config.file", str(config), *given])
        return status, *capsys.readouterr()

    return run


def told(err: str) -> str:
    """What a command said, without the progress it tells of when it takes long."""
    return "".join(line for line in err.splitlines(keepends=True) if not re.search(r": \d+%", line))


def test_a_table_per_resource_and_horizon(
    prometheus: Program, backtest: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, _ = backtest(
        prometheus.url, "--resource", "vm_cpu", "--resource", "broken", "--no-reference"
    )
    assert status == 0
    assert "all 4 series, 2023-11-10 22:15 to 2023-11-14 22:15, step 15m" in out
    assert "the last 3.01 days are judged" in out
    assert "6 events in 2 series: limit 0.9 reached after an hour below" in out
    assert re.search(r"^within 15m: 6 events, 1\d{3} instants, base rate 0\.\d+ %$", out, re.MULTILINE)
    for method in ("virtcast", r"predict_linear\[1h\]", "seasonal naive", "same clock, 7 days"):
        assert len(re.findall(rf"^{method} +\S+ +\S+ +\S+ +\S+ +\S+ +\S+ +\S+$", out, re.MULTILINE)) == 2
        assert re.search(rf"^1h +{method} +0\.\d+", out, re.MULTILINE)
    assert re.search(r"^broken: not judged: .*parse error", out, re.MULTILINE)


def test_json_says_the_same(prometheus: Program, backtest: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = backtest(prometheus.url, "--resource", "vm_cpu", "--days", "3", "--format", "json")
    assert status == 0
    found = json.loads(out)["resources"][0]
    assert (found["series"], found["series_found"], found["step_seconds"]) == (4, 4, STEP)
    assert (found["start"], found["judged_from"], found["end"]) == (
        NOW - 3 * DAY,
        NOW - 3 * DAY + 18 * HOUR,
        NOW,
    )
    assert found["events"] == 4
    quarter, hour = found["horizons"]
    assert (quarter["horizon"], hour["horizon_seconds"]) == ("15m", HOUR)
    usual = hour["methods"]["same clock, 7 days"]
    assert usual["event_recall"] == usual["recall"] == 1.0  # the same hour each day
    assert usual["false_per_week"] == 0
    assert hour["base_rate"] == pytest.approx(16 / hour["instants"], abs=1e-6)
    assert all(0 <= each["forecast"]["virtcast"]["coverage"] <= 1 for each in found["horizons"])
    assert sum(each["instants"] for each in hour["reliability"]) == hour["instants"]


def test_what_falls_to_a_lower_limit_is_judged_as_what_rises_to_an_upper_one(
    prometheus: Program, backtest: Callable[..., tuple[int, str, str]]
) -> None:
    _, out, _ = backtest(prometheus.url, "--resource", "vm_cpu", "--resource", "falling", "--format", "json")
    rising, falling = json.loads(out)["resources"]
    assert falling["events"] == rising["events"] == 6
    for up, down in zip(rising["horizons"], falling["horizons"], strict=True):
        for method, figures in up["methods"].items():
            assert down["methods"][method] == pytest.approx(figures), method


def test_a_sample_is_stated(prometheus: Program, backtest: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = backtest(prometheus.url, "--resource", "mine", "--series", "2", "--days", "2")
    assert status == 0
    assert "a sample of 2 of 4 series" in out
    assert "0 events in 0 series: limit 5 " in out
    assert re.search(r"^virtcast +- +- +- +- +- +- +0\.00$", out, re.MULTILINE)


def test_reference_models_have_rows_of_their_own(
    prometheus: Program, backtest: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, err = backtest(prometheus.url, "--resource", "vm_cpu", "--reference-series", "3")
    assert (status, told(err)) == (0, "")
    plain = backtest(prometheus.url, "--resource", "vm_cpu", "--no-reference")[1]
    whole, of_models = out.split("\nvm_cpu: reference models\n")
    assert whole.rstrip() == plain.rstrip()  # the other figures do not change
    assert "ETS" not in whole
    assert "3 of the 4 series; every method is judged at the instants" in of_models
    assert re.search(r"^ETS, fitted once .* series: 3 fitted, 6 too little history$", of_models, re.MULTILINE)
    for method in ("virtcast", r"predict_linear\[1h\]", "seasonal naive", "same clock, 7 days", "ETS"):
        row = rf"^{method} +\S+ +\S+ +\S+ +\S+ +\S+ +\S+ +\S+$"
        assert len(re.findall(row, of_models, re.MULTILINE)) == 2
        assert re.search(rf"^1h +{method} +0\.\d+", of_models, re.MULTILINE)
    pattern = r"domain=<vm-\d>, instance=h1 +0\.\d\d +[01]\.\d\d +- +0\.\d\d +daily$"
    assert len(re.findall(rf"^{pattern}", of_models, re.MULTILINE)) == 3
    assert re.search(r"^white noise, for comparison .* remainder$", of_models, re.MULTILINE)


def test_reference_models_in_json(prometheus: Program, backtest: Callable[..., tuple[int, str, str]]) -> None:
    given = ("--resource", "vm_cpu", "--resource", "falling", "--reference", "--format", "json")
    status, out, _ = backtest(prometheus.url, *given)
    assert status == 0
    assert backtest(prometheus.url, *given)[1] == out  # the same each time
    rising, falling = (each["reference"] for each in json.loads(out)["resources"])
    assert rising["series"] == 4
    assert rising["fits"]["ETS"] == {"fitted": 4, "too little history": 8}
    quarter, hour = rising["horizons"]
    assert hour["instants"] < json.loads(out)["resources"][0]["horizons"][1]["instants"]
    assert 0.5 < quarter["forecast"]["ETS"]["coverage"] <= 1
    assert 0 < hour["forecast"]["ETS"]["pinball"] < hour["forecast"]["predict_linear[1h]"]["pinball"]
    for up, down in zip(rising["horizons"], falling["horizons"], strict=True):
        assert down["methods"]["ETS"] == pytest.approx(up["methods"]["ETS"])
        assert down["forecast"]["ETS"] == pytest.approx(up["forecast"]["ETS"], rel=1e-5)
    assert [each["labels"]["domain"] for each in rising["patterns"]] == [f"<vm-{n}>" for n in range(4)]
    assert {each["dominant"] for each in rising["patterns"]} == {"daily"}
    assert all(each["daily"] > 0.8 and each["weekly"] is None for each in rising["patterns"])
    assert rising["white_noise"]["dominant"] == "remainder"
    without = json.loads(backtest(prometheus.url, *given[:2], "--no-reference", "--format", "json")[1])
    assert without["resources"][0]["reference"] is None


@pytest.mark.parametrize("version", [None, "0.13.5"])
def test_without_statsmodels_or_with_one_that_is_older_than_mstl(
    version: str | None,
    prometheus: Program,
    backtest: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def installed(name: str) -> str:
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", installed)
    given = (prometheus.url, "--resource", "vm_cpu", "--days", "2")
    how = "statsmodels 0.14 or newer is not installed: pip install 'virtcast[reference]'\n"
    status, out, err = backtest(*given)
    assert (status, told(err)) == (0, f"left out the reference models ETS and MSTL: {how}")
    assert "ETS" not in out
    assert "virtcast " in out
    status, out, err = backtest(*given, "--reference")
    assert (status, out, err) == (1, "", f"virtcast-forecaster: --reference: {how}")
    status, _, err = backtest(*given, "--no-reference")
    assert (status, told(err)) == (0, "")


def test_errors_are_one_line(prometheus: Program, backtest: Callable[..., tuple[int, str, str]]) -> None:
    url = prometheus.url
    for given, message in (
        (("--resource", "vm_gpu"), "there is no resource 'vm_gpu': choose among vm_cpu, "),
        (("--resource", "vm_memory"), f"nothing to judge at {url}: vm_memory: no series for vm:memory"),
        (("--resource", "broken"), "parse error"),
        (("--resource", "vm_cpu", "--days", "0.1"), "only 10 steps of history, 48 are needed"),
    ):
        status, out, err = backtest(url, *given)
        assert (status, out, err.count("\n")) == (1, "", 1), err
        assert message in err
    status, out, err = backtest(f"http://127.0.0.1:{free_port()}")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "cannot be reached" in err
    status, out, err = backtest(f"{url}/prometheus")
    assert "does not exist (404)" in err
    for bad in (
        ("--days", "no"),
        ("--days", "-1"),
        ("--days", "nan"),
        ("--series", "0"),
        ("--reference-series", "0"),
    ):
        with pytest.raises(SystemExit):
            backtest(url, *bad)


def test_a_migrated_series_keeps_its_history(history: MemoryBackend) -> None:
    """Half of its life on another host, and it is one series."""
    middle = NOW - DAY
    for host, first, last in (("h1", NOW - 2 * DAY, middle), ("h2", middle + STEP, NOW)):
        history.put(
            "m", {"domain": "a", "instance": host}, {t: t / NOW for t in range(first, last + 1, STEP)}
        )
    for number in range(3):
        history.put("m", {"domain": f"b{number}", "instance": "h1"}, {NOW: 1.0})
    resource = Resource("r", "m", follow=("instance",), horizons=(horizon("1h"),))
    config = Config.of(Backend(), (resource,), step=STEP)
    found = dataset.read(history, resource, config, dataset.Span(NOW, 3, 10), lambda _share: None)
    assert found.found == 4
    assert found.labels[0] == (("domain", "a"), ("instance", "h2"))
    times = np.arange(NOW - 2 * DAY, NOW + 1, STEP)
    assert found.timestamps.tolist() == times.tolist()
    assert found.values[0].tolist() == (times / NOW).tolist()
    few = dataset.read(history, resource, config, dataset.Span(NOW, 3, 2), lambda _share: None)
    assert (len(few.labels), few.found) == (2, 4)
    assert set(few.labels) < set(found.labels)
    assert "domain=~" in history.asked[-1][0]


class Elements(HTMLParser):
    """The page's elements, and whether every one is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "polyline", "polygon", "rect", "circle"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"polyline", "polygon", "rect", "circle"}:
            assert self.open.pop() == tag


def test_the_page_has_its_plots_and_nothing_from_outside(
    prometheus: Program, backtest: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    target = tmp_path / "page.html"
    status, _, err = backtest(prometheus.url, "--resource", "vm_cpu", "--days", "2.5", "--html", str(target))
    assert status == 0, err
    text = target.read_text()
    elements = Elements(text)
    assert elements.open == []
    tags = [tag for tag, _ in elements.found]
    assert tags.count("svg") >= 3  # two reliability curves and an example
    assert not {"script", "img", "link", "iframe"} & set(tags)
    assert not any(set(attributes) & {"src", "onload"} for _, attributes in elements.found)
    assert {attributes["href"] for _, attributes in elements.found if "href" in attributes} == {"#content"}
    assert "domain=&lt;vm-" in text
    assert "<vm-" not in text
    kinds = {attributes.get("class") for _, attributes in elements.found}
    assert {"band", "fan", "forecast", "value", "limit", "perfect", "dot"} <= kinds
    assert not re.search(r"\bnan\b", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).lower())
    assert "predict_linear[1h]" in text
    assert "vm_cpu: reference models</h2>" in text
    assert re.search(r"domain=&lt;vm-0&gt;, instance=h1</th>.*>daily</td></tr>", text)
    status, out, err = backtest(prometheus.url, "--html", str(tmp_path / "none" / "page.html"))
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "is no directory" in err


def test_report_tells_what_runs_out_and_what_is_unusual(
    prometheus: Program,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    config = tmp_path / "virtcast.yml"
    config.write_text("{step: 15m, resources: {vm_cpu: {limit: 0.4}}, prometheus: {retries: 0}}\n")
    full = (NOW // DAY) * DAY + 12 * HOUR + 2 * STEP
    monkeypatch.setattr("forecaster.commands.report.time", SimpleNamespace(time=lambda: full + 20.0))
    assert main(["report", "--prometheus.url", prometheus.url, "--config.file", str(config)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{prometheus.url} at 2023-11-14 12:30 UTC\n")
    soon = re.search(r"^Runs out first\n(.*?)\n\n", out, re.MULTILINE | re.DOTALL)
    assert soon is not None
    assert re.search(r"vm_cpu +domain=<vm-0>, instance=h1 +9\d % +now +100 % in 24h", soon[1])
    assert re.search(r"^  vm_cpu +0 +4 +0 +0 +0 +0$", out, re.MULTILINE)
    wanted = ["report", "--format", "json", "--prometheus.url", prometheus.url, "--config.file", str(config)]
    assert main(wanted) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"anomalies", "groups", "runway", "vms"} <= set(told)
    closed = f"http://127.0.0.1:{free_port()}"
    assert main(["report", "--prometheus.url", closed, "--config.file", str(config)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "cannot be reached" in told.err
