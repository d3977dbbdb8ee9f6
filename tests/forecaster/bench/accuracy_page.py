"""forecaster/ACCURACY.md from the results of the suites: what was measured, and what was not."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Results = dict[str, dict[str, Any]]

HEAD = """# Accuracy of the forecaster

Written by `make bench-forecaster`; do not edit. Each figure comes from a command listed below, run with the
engine as it ships: one configuration, alarms at an anomaly score above 1 and at a probability of 0.5 (rules
alert from 0.8). The data and scorers of the exhaustion, NAB and point-label suites are no part of the
project; their README says where they come from. They are development data: expect less on other fleets, and
measure yours with `virtcast-forecaster backtest`.

"""
FIGURES = (
    ("AP", "average precision"),
    ("brier_skill", "Brier skill"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("event_recall", "events caught"),
    ("lead_minutes", "lead, min"),
    ("false_per_vm_week", "false episodes per VM-week"),
)
OLDER = "Measured on an earlier state of the engine"
HORIZONS = ("15min", "1h", "24h")
BESIDE = ("engine", "predict_linear[1h] raw", "predict_linear[1h]", "yesterday", "same-clock 7 days")


def page(results: Results, commands: dict[str, str], engine: str, former: str = "") -> str:
    """The document; `results` by suite, `commands` of all suites, `engine` the present state's digest.

    What the `former` document has and no result renews stays, and says that it is older.
    """
    parts = [
        render(results[name]) + _age(results[name], engine) for name, render in SECTIONS if name in results
    ]
    parts += [populations(results), _ablation(results, engine), _commands(results, commands)]
    told = [HEAD + _machine(), *_beside(former, [part.rstrip() for part in parts if part])]
    return "\n\n".join(told) + "\n"


def _beside(former: str, parts: list[str]) -> list[str]:
    """The sections `parts`, in their order, and where they were those of the `former` document that none of
    them renews; a section that is new follows the one before it.
    """
    texts = [f"## {each.rstrip()}" for each in former.split("\n## ")[1:]]
    new, old = [_heading(part) for part in parts], {_heading(text) for text in texts}
    found: list[str] = []
    told = 0
    for text in texts:
        if (heading := _heading(text)) not in new:
            found.append(text if OLDER in text else f"{text}\n\n{OLDER}.")
            continue
        upto = max(told, new.index(heading) + 1)
        while upto < len(new) and new[upto] not in old:
            upto += 1
        found += parts[told:upto]
        told = upto
    return found + parts[told:]


def _heading(section: str) -> str:
    return section.partition("\n")[0]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; floats to three digits, a dash for none."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def _machine() -> str:
    return (
        f"Machine: {platform.machine()}, {os.cpu_count()} cores shared with other work (times are upper "
        f"bounds), one thread; Python {platform.python_version()}, numpy {np.__version__}."
    )


def _age(result: dict[str, Any], engine: str) -> str:
    same = result["engine"] == engine
    return "" if same else f"\n\n{OLDER} ({result['engine']})."


def _exhaustion(title: str) -> Callable[[dict[str, Any]], str]:
    def render(found: dict[str, Any]) -> str:
        result = found["result"]
        about = (
            f"{result['series']} VMs, {result['events']} events in {result['vms_with_events']} of them, "
            f"{result['instants']} instants of judgement."
        )
        parts = [f"## {title}\n\n{about}"]
        for horizon in HORIZONS:
            rows = [[m, *(result[m][horizon][key] for key, _ in FIGURES)] for m in BESIDE if m in result]
            parts.append(f"Within {horizon}:\n\n" + table(["method", *(name for _, name in FIGURES)], rows))
        return "\n\n".join(parts) + _reliability(found.get("reliability", {}))

    return render


def _reliability(found: dict[str, Any]) -> str:
    parts = []
    for horizon, each in found.items():
        rows = [
            (f"{one['low']:g} to {one['high']:g}", one["instants"], one["predicted"], one["observed"])
            for one in each["bins"]
        ]
        head = ("said", "instants", "said, mean", "came true")
        parts.append(f"\n\nReliability within {int(horizon) // 60} minutes:\n\n" + table(head, rows))
    return "".join(parts)


def _synthetic(found: dict[str, Any]) -> str:
    told = found["result"]["engine"]
    rows = [
        (
            kind,
            each["series"],
            each["1h"]["events"],
            each["1h"]["flagged_15min_ahead"],
            each["1h"]["lead_minutes"],
            each["1h"]["false_per_series_week"],
            each["tte_error_1h"]["median_abs_pct"],
        )
        for kind, each in told.items()
        if kind != "AP"
    ]
    head = ("kind", "series", "events", "flagged ≥ 15 min ahead", "lead, min", "false per series-week")
    text = "## Leaks, fills, saw-tooths and steps (seeded)\n\nProbability within an hour at 0.5; the error"
    text += " is that of the time to exhaustion, one hour before.\n\n"
    return text + table((*head, "error, %"), rows)


def _seeds(found: dict[str, Any]) -> str:
    result = found["result"]
    by_seed = result["by_seed"]
    about = (
        "On seeds nothing was developed on; in brackets the least and the most of one seed. An event that "
        "follows soon on another cannot be flagged 15 min ahead: at most so many can.\n\n"
        f"{result['series']} series of the seeds {', '.join(map(str, result['seeds']))}."
    )
    together = [
        (
            ", ".join(each["kinds"]),
            each["events"],
            _spread(each["flagged"], each["by_seed"]),
            each["flaggable"],
        )
        for each in result["together"]
    ]
    rows = [
        (
            kind,
            each["events"],
            _spread(each["false"], [parts[kind]["false"] for parts in by_seed]),
            _spread(each["error"], [parts[kind]["error"] for parts in by_seed]),
            each["covered"] / each["timed"] if each["timed"] else None,
        )
        for kind, each in result["kinds"].items()
    ]
    first = table(("kinds", "events", "flagged ≥ 15 min ahead", "at most"), together)
    head = ("kind", "events", "false per series-week", "error, %", "10-90 % interval covers")
    return f"## The same on further seeds\n\n{about}\n\n{first}\n\n" + table(head, rows)


def _time_errors(found: dict[str, Any]) -> str:
    result, keys = found["result"], ("kind", "view", "events", "error", "bias", "covers")
    seeds = ", ".join(map(str, result["seeds"]))
    about = (
        f"{result['series']} seeded series of the seeds {seeds}: the time left that is told an hour before "
        "the limit is reached, by the view that speaks. Bias is the median with its sign: above 0 the time "
        "is too long. Intervals should cover .8."
    )
    rows = [[row[key] for key in keys] for row in result["rows"]]
    head = (*keys[:3], "error, %", "bias, %", "interval covers")
    return f"## Times left, by view (seeded)\n\n{about}\n\n" + table(head, rows)


def _seasonal(found: dict[str, Any]) -> str:
    result = found["result"]
    about = (
        "Fills with the season of a day or a week, five-minute steps, four weeks, the first eight days not "
        "judged; probability within an hour at 0.5.\n\n"
        f"{result['series']} series of the seeds {', '.join(map(str, result['seeds']))}. Nothing was "
        "developed on them."
    )
    rows = [
        (
            kind,
            each["events"],
            each["flagged"] / each["events"] if each["events"] else None,
            each["false"],
            each["error"],
            each["covered"] / each["timed"] if each["timed"] else None,
        )
        for kind, each in result["kinds"].items()
    ]
    head = (
        "kind",
        "events",
        "flagged ≥ 15 min ahead",
        "false per series-week",
        "error, %",
        "interval covers",
    )
    return f"## Seasonal fills (seeded)\n\n{about}\n\n" + table(head, rows)


def _spread(value: Any, parts: Sequence[Any]) -> str:
    known = [part for part in parts if part is not None]
    return _cell(value) + (f" ({_cell(min(known))} to {_cell(max(known))})" if known else "")


def _nab(found: dict[str, Any]) -> str:
    result = found["result"]
    rows = [
        (name, result["nab_optimised"][name], value) for name, value in result["nab_at_fixed_cut"].items()
    ]
    cut = result["fixed_cut"]
    about = (
        f"{result['files']} files, {cut['windows_hit']} of {cut['windows']} windows hit at the shipped cut."
    )
    title = "## Anomalies: Numenta Anomaly Benchmark (part)"
    return f"{title}\n\n{about}\n\n" + table(("profile", "thresholds fitted", "shipped cut"), rows)


def _nab_choice(found: dict[str, Any]) -> str:
    result = found["result"]
    low, high = result["by_fifth_range"]
    rows = [
        ("the shipped choice", result["shipped"]),
        ("the best choice in hindsight", result["best_in_hindsight"]),
        ("each group, with what is best on the others", result["by_group"]),
        ("each fifth, with what is best on the others", result["by_fifth"]),
    ]
    about = (
        f"The members' limits and memories, chosen from {result['choices']} by the standard score at the "
        "shipped cut on files other than those scored. Fifths are random, the mean of "
        f"{result['repeats']} divisions; their range is {low:.1f} to {high:.1f}."
    )
    return f"## Anomalies: the choice itself cross-validated\n\n{about}\n\n" + table(("scored", "NAB"), rows)


def _points(found: dict[str, Any]) -> str:
    result = found["result"]
    rows = [
        (name, cut["cut"], cut["recall"], cut["precision"], cut["false_episodes_per_1000"])
        for name, cut in (("shipped", result["cut_1"]), ("best F1", result["best_f1"]))
    ]
    about = (
        f"Mean average precision {result['AP_mean']:.3f} over {result['labelled_series']} labelled series; "
        f"chance gives {result['AP_of_chance']:.3f}."
    )
    head = ("cut", "at", "recall of events", "precision of events", "false episodes per 1,000 points")
    return f"## Anomalies: point labels of cloud services\n\n{about}\n\n" + table(head, rows)


def _planted(found: dict[str, Any]) -> str:
    result = found["result"]
    rows = [(kind, each["recall"], each["median_delay_hours"]) for kind, each in result["kinds"].items()]
    about = (
        f"{result['series']} seeded series, one anomaly each: {result['recall']:.1%} found at the shipped "
        f"cut, {result['false_per_series_week']:.2f} false alarms per series-week. An alarm "
        "from the anomaly's begin to six hours after its end counts as finding it, one by chance included."
    )
    return f"## Anomalies: planted, by kind\n\n{about}\n\n" + table(("kind", "recall", "delay, h"), rows)


def _alerts(title: str, about: str) -> Callable[[dict[str, Any]], str]:
    def render(found: dict[str, Any]) -> str:
        rows = [
            (kind, each["series"], each["anomalies"], each["alerts"], each["alerts_gated"])
            for kind, each in found["result"].items()
        ]
        head = ("kind", "series", "anomalies", "alerts", "alerts, at least 0.1 off")
        return f"## {title}\n\n{about}\n\n" + table(head, rows)

    return render


PER_WEEK = (
    "Per series-week after the first week: anomalies that begin (score > 1), and alerts: ten minutes at a "
    "score of 0.9 or more, then 12 hours of rest; in the last column at least a tenth off what was normal, "
    "the least deviation of `vm_cpu`."
)


def _fit(found: dict[str, Any]) -> str:
    result = found["result"]
    seconds = result["engine_cpu_s"] / result["series"] * 10_000
    rows = [
        ("10,000 series of 2,016 points, s of one core", seconds),
        ("SSE against statsmodels, median", f"{result['sse_ratio_median']:.4f}"),
        ("SSE against statsmodels, 95th percentile", f"{result['sse_ratio_p95']:.4f}"),
        ("times as fast as statsmodels", result["cpu_speed_ratio"]),
        ("peak memory, MiB", result["peak_rss_mib"]),
    ]
    return "## Fitting Holt-Winters\n\n" + table(("", ""), rows)


def _outliers(found: dict[str, Any]) -> str:
    head = (
        "outlier",
        "shifts found",
        "noticed",
        "band, times",
        "expected off, noises",
        "false per series-week",
    )
    names = ("found", "noticed", "band", "expected", "false_per_series_week")
    rows = [(kind, *(each[name] for name in names)) for kind, each in found["result"].items()]
    text = (
        "## Outliers\n\nSixty seeded series (ratios with a daily wave, latencies, flat rates): outliers on"
        " day 6, a shift of three hours by 12 noises on day 9. The band, and what is expected about the same"
        " clock time, are those of the next days against the same series without the outlier: the worst.\n\n"
    )
    return text + table(head, rows)


COSTS = {
    "series_steps_per_second": "series-steps a second",
    "base_series_steps_per_second": "the same before",
    "milliseconds_of_a_step": "a live step with its outlook, ms, median",
    "base_milliseconds_of_a_step": "the same before",
    "milliseconds_of_the_dearest_step": "the dearest, ms",
    "base_milliseconds_of_the_dearest_step": "the same before",
    "milliseconds_of_an_outlook": "one outlook, ms",
    "milliseconds_of_a_copy": "a copy, ms",
    "state_bytes_per_series": "state of a series, bytes",
    "saved_bytes_per_series": "saved, bytes",
    "peak_mib": "peak, MiB",
    "base_peak_mib": "the same before",
}


def _cost(found: dict[str, Any]) -> str:
    result = found["result"]
    names = [name for name in COSTS if any(name in each for each in result.values())]
    rows = [(n, *(each.get(name) for name in names)) for n, each in result.items()]
    text = (
        "## Cost by number of series\n\nOne core, CPU time: two days of history with their refits, an"
        " outlook after them; each number of series in a process of its own. Before: the engine in numpy,"
        " where it was measured on the same machine at the same time.\n\n"
    )
    return text + table(("series", *(COSTS[name] for name in names)), rows)


def _fresh_start(found: dict[str, Any]) -> str:
    result = found["result"]
    return (
        f"## A fresh start\n\n{result['series']} series with {result['days']} days of history in a real"
        f" Prometheus ({result['samples']:,} samples): forecasts of all after"
        f" {result['seconds_to_all']:.1f} s, of the first after {result['seconds_to_first']:.1f} s;"
        f" {result['cpu_seconds']:.1f} s of CPU time, {result['peak_mib']:.0f} MiB at most (median of"
        f" {result['runs']} runs)."
    )


def _step(found: dict[str, Any]) -> str:
    result = found["result"]
    return (
        f"## One online step\n\n{result['series']:,} series through the whole engine: "
        f"{result['milliseconds_per_step']:.0f} ms of one core (median of a day with its refits), "
        f"{result['milliseconds_of_dearest_step']:.0f} ms at the dearest step of the day."
    )


def populations(results: Results) -> str:
    """Brier skill on each quarter of the VMs, those with a month of their own past and those without."""
    rows: list[tuple[Any, ...]] = []
    for suite, past in (("cpu", "a month"), ("cpu-without-past", "none")):
        for horizon, parts in results.get(suite, {}).get("quarters", {}).items():
            skills = (part["brier_skill"] for part in parts)
            rows.append((past, f"{int(horizon) // 60} min", *skills))
    if not rows:
        return ""
    about = "Each series learns from itself alone, so that to every quarter the others are unseen."
    head = ("past of its own", "within", "first quarter", "second", "third", "fourth")
    return f"## Exhaustion: Brier skill by quarter of the VMs\n\n{about}\n\n" + table(head, rows)


def _minutes(found: dict[str, Any]) -> str:
    head = (
        "detector",
        "average precision",
        "VUS-PR",
        "found",
        "in time",
        "first",
        "repeats",
        "false per series-week",
    )
    names = (
        "average_precision",
        "vus_pr",
        "found",
        "in_time",
        "first",
        "repeats",
        "false_per_series_week",
    )
    result = found["result"]
    rows = [(name, *(each[key] for key in names)) for name, each in result["detectors"].items()]
    text = (
        f"## Anomalies of minutes\n\n{result['series']} seeded one-minute series, several anomalies of 3 to"
        " 60 minutes a week. The engine at a score of 1, the others at the cut with as many false episodes."
        " In time is within seven steps; a repeat begins within three days after the one before.\n\n"
    )
    return text + table(head, rows)


def _anomaly_choice(found: dict[str, Any]) -> str:
    result = found["result"]
    rows = [
        (name, result["shipped"][name], each["figure"], each["least"], each["best"])
        for name, each in result["left_out"].items()
    ]
    text = (
        "## Choice of the anomaly limits\n\nBy mean rank over four sets. Left out: what the choice by the"
        " other sets gives on this one; least and best are those of all choices of the grid.\n\n"
    )
    return text + table(("set", "shipped", "left out", "least", "best"), rows)


def _forecasts(title: str) -> Callable[[dict[str, Any]], str]:
    """Quantiles of values ahead beside every baseline, a table for each horizon."""
    about = (
        "Quantiles .1, .5 and .9 of the value itself: weighted quantile loss, mean absolute error of the "
        "median in the VM's own mean daily change (MASE), share of values between the outer quantiles "
        "(ideal .8), and how often the median is nearer than the same clock time of yesterday. The fleet's "
        "weights were fitted on half of these VMs, in all months but July's last days."
    )

    def render(found: dict[str, Any]) -> str:
        methods = found["result"]["points"]
        parts = [f"## {title}\n\n{about}"]
        for horizon in methods["engine"]:
            rows = [
                (name, *(each[horizon].get(key) for key in ("WQL", "MASE", "cover", "beats")))
                for name, each in sorted(methods.items(), key=lambda row: row[0] != "engine")
            ]
            head = ("method", "quantile loss", "MASE", "within", "beats yesterday")
            parts.append(f"{horizon} ahead:\n\n" + table(head, rows))
        return "\n\n".join(parts)

    return render


def _gift(found: dict[str, Any]) -> str:
    rows = [
        (term, name, each[term]["WQL_mhz"], each[term]["MASE"], each[term]["cover"])
        for term in ("short", "medium")
        for name, each in sorted(found["result"][term].items(), key=lambda row: row[0] != "engine")
    ]
    about = (
        "The windows of bitbrains_rnd/5T as far as these data have them: every step of the next 48 (short) "
        "and 480 (medium) by nine quantiles, at the end of July. The statistical peer flaircast has .498 and "
        ".633 on them."
    )
    head = ("term", "method", "quantile loss", "MASE", "within")
    return f"## Forecasts in the form of GIFT-Eval\n\n{about}\n\n" + table(head, rows)


SECTIONS = (
    ("cpu", _exhaustion("Exhaustion: VM CPU at 90 %")),
    ("memory", _exhaustion("Exhaustion: VM memory at 90 %")),
    ("network", _exhaustion("Exhaustion: network receive rates at 90 % of the VM's peak of July")),
    ("disk", _exhaustion("Exhaustion: disk write rates at 90 % of the VM's peak of July")),
    ("synthetic", _synthetic),
    ("synthetic-seeds", _seeds),
    ("time-errors", _time_errors),
    ("seasonal", _seasonal),
    ("forecast-cpu", _forecasts("Forecasts: VM CPU")),
    ("forecast-memory", _forecasts("Forecasts: VM memory")),
    ("forecast-gift", _gift),
    ("nab", _nab),
    ("nab-choice", _nab_choice),
    ("points", _points),
    ("planted", _planted),
    ("minutes", _minutes),
    ("anomaly-choice", _anomaly_choice),
    ("outliers", _outliers),
    ("clean", _alerts("Anomalies: series without any", PER_WEEK)),
    ("vms", _alerts("Anomalies: real VMs, unlabelled", f"{PER_WEEK} Some of them are right.")),
    ("fit", _fit),
    ("step", _step),
    ("cost", _cost),
    ("fresh-start", _fresh_start),
)


def _ablation(results: Results, engine: str) -> str:
    parts = []
    rows: list[tuple[Any, ...]] = []
    for suite, figures in (
        ("cpu", _exhaustion_row),
        ("synthetic", _synthetic_row),
        ("seasonal", _seasonal_row),
        ("planted", _planted_row),
    ):
        names = [name for name in results if name == suite or name.startswith(f"{suite}-without-")]
        if len(names) < 2:
            continue
        head, _ = figures(results[suite]["result"]) if suite in results else ((), ())
        rows = [
            (name if results[name]["engine"] == engine else f"{name} *", *figures(results[name]["result"])[1])
            for name in names
        ]
        parts.append(table(("suite", *head), rows))
    note = "Each stage without a say, all else equal (*: measured on an earlier state of the engine)."
    return "## Ablation\n\n" + note + "\n\n" + "\n\n".join(parts) if parts else ""


def _exhaustion_row(result: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    head = tuple(f"{name} {horizon}" for name in ("AP", "Brier skill") for horizon in HORIZONS)
    told = result["engine"]
    return head, tuple(told[horizon][key] for key in ("AP", "brier_skill") for horizon in HORIZONS)


def _synthetic_row(result: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    told = result["engine"]
    kinds = ("leak", "disk_fill", "sawtooth", "step", "seasonal_trend", "noise")
    head = (*(f"AP {each}" for each in HORIZONS), "flagged (mean of kinds)", *(f"false: {k}" for k in kinds))
    false = (told[kind]["1h"]["false_per_series_week"] for kind in kinds)
    flagged = told["all"]["1h"]["flagged_mean_of_kinds"]
    return head, (*(told["AP"][each] for each in HORIZONS), flagged, *false)


def _seasonal_row(result: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    kinds, told = result["kinds"], result["horizons"]
    head = (
        *(f"{name} {horizon}" for name in ("AP", "Brier skill") for horizon in HORIZONS),
        *(f"{name}: {kind}" for name in ("false", "covers") for kind in kinds),
    )
    covers = (each["covered"] / each["timed"] if each["timed"] else None for each in kinds.values())
    false = (each["false"] for each in kinds.values())
    skills = (told[horizon][key] for key in ("AP", "brier_skill") for horizon in HORIZONS)
    return head, (*skills, *false, *covers)


def _planted_row(result: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    kinds = result["kinds"]
    head = ("recall", "false per series-week", *kinds)
    recalls = (each["recall"] for each in kinds.values())
    return head, (result["recall"], result["false_per_series_week"], *recalls)


def _commands(results: Results, commands: dict[str, str]) -> str:
    rows = [(name, f"`{commands[name]}`", results[name]["seconds"]) for name in commands if name in results]
    missing = [name for name in commands if name not in results]
    text = (
        "## Command lines\n\n`staged` is the engine of tests/forecaster/bench; with no stage named it is the"
    )
    text += " shipped one, unchanged.\n\n" + table(("suite", "command", "seconds"), rows)
    return text + (f"\n\nNot run on this state of the engine: {', '.join(missing)}." if missing else "")
