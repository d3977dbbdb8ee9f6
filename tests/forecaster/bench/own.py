"""The project's own suites: planted anomalies, alerts on clean series and on VMs, time of an online step."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from anomalies_alone import replay
from staged import switch_off

import outliers
import planted
from forecaster.backtest.accuracy import alarm_episodes, series_weeks
from forecaster.engine.anomaly import Decision, Gates
from forecaster.engine.engine import Engine, Settings
from forecaster.replay import replay as whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLEAN_SERIES = 20  # of each kind
LEAST = 0.1  # of vm_cpu
LATE_HOURS = 6  # after the anomaly's end in which an alarm is still about it
WARM_UP = planted.WEEK
SPEED_SERIES = 10_000
SPEED_DAYS, SPEED_JUDGED = 5, 3  # days, of which the last are judged: parameters are fitted from the third on


def planted_suite(per_kind: int) -> dict[str, Any]:
    """Recall and delay by kind, and alarms per series-week where nothing is planted, at the shipped cut."""
    series = planted.suite(per_kind, seed=1000)
    values = np.stack([each.values for each in series])
    times = planted.START + planted.STEP * np.arange(values.shape[1])
    on = replay(values, times).anomaly_score > 1
    kinds = {kind: _kind(series, on, kind) for kind in planted.KINDS}
    quiet = on.copy()
    quiet[:, :WARM_UP] = False
    clean = np.ones(on.shape, bool)
    clean[:, :WARM_UP] = False
    for row, each in enumerate(series):
        end = each.last + planted.WEEK  # what follows a long anomaly is judged against it for a while
        quiet[row, each.first : end] = clean[row, each.first : end] = False
    weeks = series_weeks(int(clean.sum()), planted.STEP, 86_400)
    return {
        "series": len(series),
        "recall": float(np.mean([each["recall"] for each in kinds.values()])),
        "false_per_series_week": alarm_episodes(quiet, planted.HOUR) / weeks,
        "kinds": kinds,
    }


def _kind(series: list[planted.Planted], on: NDArray[np.bool_], kind: str) -> dict[str, Any]:
    delays, total = [], 0
    for row, each in enumerate(series):
        if each.kind == kind:
            total += 1
            alarms = np.flatnonzero(on[row, each.first : each.last + LATE_HOURS * planted.HOUR])
            if len(alarms):
                delays.append(int(alarms[0]) / planted.HOUR)
    median = float(np.median(delays)) if delays else None
    return {"recall": len(delays) / total, "median_delay_hours": median}


def alerts(values: NDArray[np.float64], start: int) -> dict[str, Any]:
    """What the series (n, t), ratios of 5-minute steps, would have told: anomalies that begin (score > 1) and
    alerts, without and with the least deviation of `vm_cpu`, per series-week after the first week.
    """
    settings = Settings(step=300, horizons=(3600,))
    engine = Engine.fresh(len(values), settings)
    gates = {"alerts": Gates(), "alerts_gated": Gates(minimum_deviation=LEAST)}
    decisions = {name: Decision.fresh(len(values), settings, each) for name, each in gates.items()}
    told = dict.fromkeys(("anomalies", *gates), 0)
    judged = 0
    for step, column in enumerate(values.T):
        said = engine.observe(np.ascontiguousarray(column), start + 300 * step)
        score = np.where(np.isfinite(column), said.anomaly_score, np.nan)
        origin = engine.score.origin
        off = column - np.where(np.isfinite(origin), origin, said.expected)
        found = {"anomalies": score > 1, **{name: d.observe(score, off) for name, d in decisions.items()}}
        if step >= WARM_UP:
            judged += int(np.isfinite(column).sum())
            for name, each in found.items():
                told[name] += int(each.sum())
    weeks = series_weeks(judged, planted.STEP, 86_400)
    return {"series": len(values), "weeks": weeks, **{name: each / weeks for name, each in told.items()}}


def clean_suite() -> dict[str, Any]:
    """Alerts on series without anomalies, by kind."""
    return {kind: alerts(values, planted.START) for kind, values in planted.clean(CLEAN_SERIES, 77).items()}


def vms_suite(data: Path) -> dict[str, Any]:
    """Alerts on unlabelled VMs: some of them are right."""
    given = np.load(data / "bitbrains" / "cpu_odd_jul_aug.npz")
    values = given["cpu_percent"].astype(np.float64) / 100
    return {"vm_cpu": alerts(values, int(given["timestamps"][0]))}


def speed_suite() -> dict[str, Any]:
    """Milliseconds of the steps of a day through the whole engine for 10,000 series, limits included: CPU
    time, of each step of the day the median over some days. The dearest tells what is put off until then.
    """
    settings = Settings(step=300)
    engine, day = Engine.fresh(SPEED_SERIES, settings), settings.season
    rng = np.random.default_rng(0)
    limits = np.full(SPEED_SERIES, 0.9)
    level, phase, size = rng.uniform(0.2, 0.6, SPEED_SERIES), *rng.random((2, SPEED_SERIES))
    start = planted.START // settings.day * settings.day
    taken = np.zeros((SPEED_DAYS, day))
    for step in range(taken.size):
        level += rng.normal(0, 0.002, SPEED_SERIES)
        wave = 0.15 * size * np.sin(2 * np.pi * (step / day + phase))
        values = np.clip(level + wave + rng.normal(0, 0.01, SPEED_SERIES), 0, 1)
        begin = time.process_time()
        engine.observe(values, start + settings.step * step, limits)
        engine.outlook()
        taken.flat[step] = (time.process_time() - begin) * 1e3
    of_day = np.median(taken[-SPEED_JUDGED:], axis=0)
    return {
        "series": SPEED_SERIES,
        "milliseconds_per_step": float(np.median(of_day)),
        "milliseconds_of_dearest_step": float(of_day.max()),
        "dearest_step_of_day": int(of_day.argmax()),
    }


def outliers_suite() -> dict[str, Any]:
    """What outliers of each kind leave behind in sixty series: shifts found, the band and what is expected a
    day later against those without, alarms.
    """
    said = outliers.told(whole, n=60, seed=1)
    without = said[outliers.NONE]
    return {
        f"{kind} of {factor:g} ranges" if factor else kind: {
            "found": float(each.found.mean()),
            "noticed": float(each.noticed.mean()) if factor else None,
            "band": float((each.band / without.band).max()),
            "expected": float((np.abs(each.expected - without.expected) / each.noise[:, None]).max()),
            "false_per_series_week": each.false,
        }
        for (kind, factor), each in said.items()
    }


def main() -> None:
    """One suite; its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=("planted", "outliers", "clean", "vms", "step"))
    parser.add_argument("--per-kind", type=int, default=20)
    parser.add_argument("--data", type=Path, default=Path(), help="the shared bench")
    parser.add_argument("--json", type=Path, required=True)
    flags = parser.parse_args()
    if stage := os.environ.get("VIRTCAST_STAGE_OFF"):
        switch_off(stage)
    suites = {
        "planted": lambda: planted_suite(flags.per_kind),
        "outliers": outliers_suite,
        "clean": clean_suite,
        "vms": lambda: vms_suite(flags.data),
        "step": speed_suite,
    }
    found = suites[flags.suite]()
    flags.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
