"""Figures of score_forecast.py (points, or --gift with all steps) for the forecasts alone, on each half of the VMs.

The scorer's own classes and definitions; its baselines stand in forecast_baselines.json. Weights were fitted on half A
(even rows). PYTHONPATH=WORKTREE:THIS_FOLDER:SHARED/bench KERNEL=./kernel.so python evaluate.py cpu|memory|gift
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import compiled
import numpy as np
import score_forecast as scorer

DAY = 288


def scales(trace, columns):
    """What Trace.scale gives, all at once."""
    d = np.abs(trace.x[:, DAY:] - trace.x[:, :-DAY])
    seen = np.isfinite(d)
    total, count = np.cumsum(np.where(seen, d, 0), 1), np.cumsum(seen, 1)
    for t in columns:
        n = count[:, t - DAY]
        trace._scale[t] = np.where(n > 0, total[:, t - DAY] / np.maximum(n, 1), 0.0)


def ask(trace, origins, ks, quantiles):
    began = time.process_time()
    model, asking = compiled.Forecasts.fresh(len(trace.x), 300), 0.0
    out = np.empty((len(trace.x), len(origins), len(ks), len(quantiles)))
    at = {int(t): i for i, t in enumerate(origins)}
    columns = np.ascontiguousarray(trace.x[:, : max(origins) + 1].T)
    for t, values in enumerate(columns):
        model.observe(values, int(trace.ts[t]))
        if t in at:
            start = time.process_time()
            out[:, at[t]] = model.quantiles([300 * k for k in ks], quantiles, *compiled.BOUNDS)
            asking += time.process_time() - start
    spent = time.process_time() - began
    print(
        "microseconds: %.2f a series and step, %.1f a series and question of %d horizons"
        % (1e6 * (spent - asking) / columns.size, 1e6 * asking / len(trace.x) / len(origins), len(ks)),
        flush=True,
    )
    return out


def show(name, s, f, ks, base, half, mhz=False):
    for i, k in enumerate(ks):
        g = s.figures(f, half, i, mhz)
        b = base[k] if base else {}
        print("%-4s %-7s" % (name, k), g, {m: round(g[m] / b[m], 3) for m in b}, flush=True)


def points(resource):
    tr = scorer.load(scorer.DATA, scorer.TAG, resource, True, 17 if resource == "memory" else 0)
    first = (31 - (17 if resource == "memory" else 0)) * DAY
    end = min(first + 30 * DAY, tr.x.shape[1])
    origins = np.arange(first, end - 1, 133)
    fin = np.isfinite(tr.x)
    c = np.concatenate([np.zeros((len(fin), 1), int), np.cumsum(fin, 1)], 1)
    ok = fin[:, origins] & (c[:, origins + 1] - c[:, np.maximum(origins + 1 - DAY, 0)] >= DAY // 2)
    tr.x[:, end:] = np.nan
    ks = [h // 300 for h in scorer.POINTS]
    f = ask(tr, origins, ks, scorer.Q3)
    np.save("/tmp/fs/f_%s.npy" % resource, f)
    scales(tr, origins)
    s = scorer.Scorer(tr, origins, ks, scorer.Q3, ok)
    known = json.loads((Path(scorer.HERE) / "forecast_baselines.json").read_text())[resource]["points"]
    best = [
        {m: min(v[h][m] for v in known.values()) for m in ("WQL", "MASE")} for h in scorer.POINTS.values()
    ]
    for name, which in (("all", None), ("A", 0), ("B", 1)):
        half = (
            None
            if which is None
            else np.broadcast_to((np.arange(len(tr.x)) % 2 == which)[:, None, None], s.y.shape)
        )
        for i, h in enumerate(scorer.POINTS.values()):
            g = s.figures(f, half, i)
            ratio = {m: round(g[m] / best[i][m], 3) for m in best[i]} if which is None else ""
            print(
                "%-4s %-6s" % (name, h),
                {m: g[m] for m in ("WQL", "MASE", "ND", "cover", "below", "above", "width", "beats", "own")},
                ratio,
                flush=True,
            )


def gift():
    tr = scorer.load(scorer.DATA, scorer.TAG, "cpu", False)
    tr = scorer.Trace(tr.x[:, : scorer.MONTH], tr.ts[: scorer.MONTH], tr.ids, tr.cores)
    terms = {}
    for term, h in (("short", 48), ("medium", 480)):
        w = min(max(1, -(-scorer.MONTH // 10 // h)), 20)
        terms[term] = (h, [scorer.MONTH - h * (w - i) - 1 for i in range(w)])
    every = sorted({t for _, o in terms.values() for t in o})
    exact = "--exact" in sys.argv
    knots = sorted({*range(1, 49), *range(60, 481, 12)}) if exact else list(scorer.MANY_KNOTS)
    f = ask(tr, every, knots, scorer.Q9)
    for term, (h, origins) in terms.items():
        scales(tr, origins)
        s = scorer.Scorer(tr, origins, list(range(1, h + 1)), scorer.Q9)
        told = scorer.between(f[:, [every.index(t) for t in origins]], knots, range(1, h + 1))
        for name, which in (("all", None), ("A", 0), ("B", 1)):
            half = (
                None
                if which is None
                else np.broadcast_to((np.arange(len(tr.x)) % 2 == which)[:, None, None], s.y.shape)
            )
            print("%-4s %-6s" % (name, term), s.figures(told, half, mhz=True), flush=True)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        gift() if sys.argv[1] == "gift" else points(sys.argv[1])
