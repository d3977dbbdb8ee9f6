"""From a view to samples: every gauge, its labels, and what is left out."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from example_view import rows_of
from exporter.metric import families
from exporter.web.exposition import exposition
from forecaster.config.bounds import Bounds
from forecaster.publish.gauges import samples
from forecaster.publish.issues import ISSUE
from forecaster.publish.metrics import COUNTS, METRICS, SERIES_METRICS, STATE
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.metric import Sample
    from forecaster.view.view import View

NOW = 1_800_000_000
GOLDEN = Path(__file__).with_name("golden.prom")


def text(view: View) -> str:
    return exposition(families(samples(view, NOW, 900)), "").body.decode()


def of(view: View, name: str, now: float = NOW) -> list[Sample]:
    return [sample for sample in samples(view, now, 900) if sample.metric.name == name]


def test_the_page_is_the_golden_one(view: Callable[..., View]) -> None:
    told, golden = text(view()).splitlines(), GOLDEN.read_text().splitlines()
    assert list(map(named, told)) == list(map(named, golden)), "run make generate, and read the difference"
    # Another numpy may add in another order: the last digit is not the same everywhere.
    assert list(map(valued, told)) == pytest.approx(list(map(valued, golden)), rel=1e-14, nan_ok=True)


def named(line: str) -> str:
    """A line without its value, if it is a sample."""
    return line if line.startswith("#") else line.rpartition(" ")[0]


def valued(line: str) -> float:
    return 0.0 if line.startswith("#") else float(line.rpartition(" ")[2])


def test_the_page_passes_promtool(view: Callable[..., View]) -> None:
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing: install the Debian package prometheus")
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text(view()), text=True, capture_output=True, check=False
    )
    # The label is called as everywhere in forecasting; promtool knows it from summaries only.
    quantiles = {
        f'{name} non-summary metrics should not have "quantile" label'
        for name in ("virtcast_exhaustion_timestamp_seconds", "virtcast_forecast_value")
    }
    assert set(filter(None, (checked.stdout + checked.stderr).split("\n"))) == quantiles


def test_every_row_of_the_table_is_published(view: Callable[..., View]) -> None:
    made = view((State.READY, State.STALE))
    assert {sample.metric.name for sample in samples(made, NOW, 900)} == {
        row.name for row in (*METRICS, ISSUE)
    }
    assert len({row.name for row in METRICS}) == len(METRICS)


def test_series_keep_their_own_labels(view: Callable[..., View]) -> None:
    upper = [sample for sample in of(view(), "virtcast_baseline_value") if "upper" in sample.labels]
    assert [(dict(zip(s.metric.labels, s.labels, strict=True)), s.value) for s in upper] == [
        (
            {
                "resource": "vm_cpu",
                "domain": "web",
                "instance": "h1",
                "provider": "libvirt",
                "bound": "upper",
            },
            rows_of(view()).outlook.upper[0],
        ),
        (
            {
                "resource": "vm_cpu",
                "domain": "db",
                "instance": "h2",
                "mountpoint": "/",
                "provider": "libvirt",
                "bound": "upper",
            },
            rows_of(view()).outlook.upper[1],
        ),
    ]


@pytest.mark.parametrize("state", [State.LEARNING, State.STALE, State.UNUSABLE, State.GONE])
def test_only_ready_series_have_forecasts(view: Callable[..., View], state: State) -> None:
    made = view((state, State.READY))
    for metric in SERIES_METRICS[:-1]:
        assert all("web" not in sample.labels for sample in of(made, metric.name))
    states = {(sample.labels[1], sample.labels[-1]): sample.value for sample in of(made, STATE.name)}
    assert states == {("web", state.value): 1.0}, "what is ready has no state, and is counted only"


def test_old_forecasts_are_not_published(view: Callable[..., View]) -> None:
    made = view()
    assert of(made, "virtcast_forecast_value", NOW + 900)
    assert not of(made, "virtcast_forecast_value", NOW + 901)
    counted = {each.labels: each.value for each in of(made, "virtcast_series", NOW + 901)}
    assert counted["vm_cpu", "ready"] == 2


def test_what_is_not_known_is_absent(view: Callable[..., View]) -> None:
    made = view()
    outlook = rows_of(made).outlook
    outlook.lower[0] = np.nan
    outlook.forecast[0, 0, 0] = np.inf
    rows_of(made).values[1] = np.nan
    assert len(of(made, "virtcast_baseline_value")) == 5
    assert len(of(made, "virtcast_forecast_value")) == 11
    assert [sample.labels[1] for sample in of(made, "virtcast_anomaly_score")] == ["web"]
    assert [sample.labels[1] for sample in of(made, "virtcast_exhaustion_probability_ratio")] == [
        "web",
        "web",
    ]
    assert [sample.labels[1] for sample in of(made, "virtcast_limit_value")] == ["web"]
    assert [sample.value for sample in of(made, "virtcast_exhaustion_timestamp_seconds")] == [
        NOW + 3600,
        NOW + 7200,
        NOW + 9000,
    ]
    success = {sample.labels[0]: sample.value for sample in of(made, "virtcast_resource_success")}
    assert success == {"vm_cpu": 1, "host_cpu": 0}
    unborn = replace(made, duration=None, last_success=None)
    assert not of(unborn, "virtcast_last_success_timestamp_seconds")
    assert not of(unborn, "virtcast_cycle_duration_seconds")


def test_the_score_is_published_as_it_was_judged(view: Callable[..., View]) -> None:
    given = rows_of(view())
    bounds = (Bounds(0.9, 0.5, 2.0, 0.3),) * 2
    outlook = replace(given.outlook, expected=given.values.copy(), anomaly_score=np.array([1.0, 3.0]))
    score = replace(given, values=np.array([0.5, np.nan]), outlook=outlook, bounds=bounds).score
    assert score[0] == 1, "sensitivity and least deviation are the engine's business"
    assert np.isnan(score[1])


def test_the_signs_of_an_anomaly_are_told_while_it_lasts(view: Callable[..., View]) -> None:
    made = view()
    signs = of(made, "virtcast_anomaly_contribution_ratio")
    told = {sample.labels[-1]: sample.value for sample in signs}
    assert told == {"residual": 1.4, "shape": 0.8, "roughness": 0.6, "displacement": 2.5}
    assert {sample.labels[1] for sample in signs} == {"web"}
    assert [s.value for s in of(made, "virtcast_anomaly_onset_timestamp_seconds")] == [NOW - 600]
    assert [s.value for s in of(made, "virtcast_anomaly_origin_value")] == [0.14]
    rows_of(made).outlook.anomaly_score[0] = 0.89
    assert not of(made, "virtcast_anomaly_contribution_ratio")
    assert of(made, "virtcast_anomaly_onset_timestamp_seconds"), "it began within the last hour"


def test_a_replica_marks_what_it_says_and_counts_of_series_and_nothing_else(
    view: Callable[..., View],
) -> None:
    marked = list(samples(replace(view(), replica="b"), NOW, 900))
    unmarked = list(samples(view(), NOW, 900))
    of_series = {row.name for row in (*SERIES_METRICS, *COUNTS, ISSUE)}
    assert {row.name for row in COUNTS} & {each.metric.name for each in marked}
    assert len(marked) == len(unmarked)
    for one, other in zip(marked, unmarked, strict=True):
        extra = ("b",) if one.metric.name in of_series else ()
        assert one.labels == (*other.labels, *extra)
        assert one.metric.labels == (*other.metric.labels, *(("replica",) if extra else ()))
