"""Fit the fleet's weights of the members on half of the VMs, and write forecaster/engine/forecasts/weights.py.

Every member's quantiles at origins 97 steps apart, CPU and memory; for each knot and quantile the weights
(softmax) of least quantile loss, each resource's in its own total. Days 27 to 30 of July are left out (GIFT-Eval's windows).
PYTHONPATH=WORKTREE:THIS_FOLDER KERNEL=./kernel.so python choose_weights.py SHARED/bench/bitbrains > weights.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from compiled import KERNEL, _i, _p

from forecaster.engine.forecasts import members
from forecaster.engine.forecasts.forecasts import Forecasts

SLOTS = (1, 2, 3, 6, 12, 24, 48, 96, 288, 576, 2016, 8640)
FITTED = (1, 3, 6, 12, 24, 48, 96, 288, 576, 2016)
LEVELS = (0.1, 0.5, 0.9)
WIDTH = {48: 0.97, 96: 0.98, 288: 1.0, 576: 1.05, 2016: 1.17, 8640: 1.3}  # by the coverage evaluate.py shows
FLOOR = 0.08  # of the weight, shared by all: what no VM of the fleet needed may suit another
DAY, EVERY = 288, 97


def traces(folder: Path, resource: str):
    if resource == "memory":
        z = np.load(folder / "memory_odd_jul_aug.npz")
        x, start = (
            100.0
            * z["memory_used_kb"]
            / np.where(z["memory_provisioned_kb"] > 0, z["memory_provisioned_kb"], np.nan),
            17 * DAY,
        )
    else:
        z = np.load(folder / "cpu_odd_jul_aug.npz")
        x, start = z["cpu_percent"].astype(float), 0
    return np.clip(x, 0, 100)[:, start:], z["timestamps"][start:], 62 * DAY - start


def said(x, stamps, origins, ahead):
    """Members' quantiles (n, origins, ahead, members, levels)."""
    model = Forecasts.fresh(len(x), 300)
    model._judge = lambda: None
    out = np.empty((len(x), len(origins), len(ahead), len(members.MEMBERS), len(LEVELS)))
    one, slots, levels = np.empty((len(x), *out.shape[2:])), np.array(ahead), np.array(LEVELS)
    at = {int(t): i for i, t in enumerate(origins)}
    for t in range(origins[-1] + 1):
        model.observe(np.ascontiguousarray(x[:, t]), int(stamps[t]))
        if t in at:
            b = model.batch
            KERNEL.speak_all(
                _p(b.ring),
                *map(int, b.ring.shape),
                _p(b.unit),
                _i(model.slot),
                _p(slots),
                len(slots),
                DAY,
                _p(levels),
                len(levels),
                _p(one),
            )
            out[:, at[t]] = one
    return out


def fit(parts, q, steps=120, pace=0.15):
    theta = np.zeros(parts[0][0].shape[1])
    first, second = theta.copy(), theta.copy()
    for step in range(steps):
        w = np.exp(theta - theta.max())
        w /= w.sum()
        slope = sum(f.T @ np.where(y > f @ w, -q, 1 - q).astype(f.dtype) / np.abs(y).sum() for f, y in parts)
        slope = w * (slope - (w * slope).sum())
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        theta = theta - pace * first / (np.sqrt(second) + 1e-12) * (1 - step / steps)
    w = np.exp(theta - theta.max())
    return w / w.sum()


def main() -> None:
    folder, data = Path(sys.argv[1]), []
    for resource in ("cpu", "memory"):
        x, stamps, end = traces(folder, resource)
        x = x[:: 2 * int(os.environ.get("THIN", "1"))]  # half A; fewer for a quick look
        origins = np.arange(14 * DAY, x.shape[1] - 1, EVERY)
        month = np.asarray(62 * DAY - end + origins) // DAY
        origins = origins[(month < 27) | (month >= 31)]
        f = said(x, stamps, origins, FITTED).astype(np.float32)
        to = origins[:, None] + np.array(FITTED)
        y = np.where(to < x.shape[1], x[:, np.minimum(to, x.shape[1] - 1)], np.nan)
        y = np.where(np.isfinite(x[:, origins])[..., None], y, np.nan)
        data.append((f, y))
        print(resource, f.shape, file=sys.stderr)
    prior = {}
    for j, k in enumerate(FITTED):
        for i, q in enumerate(LEVELS):
            parts = []
            for f, y in data:
                ok = np.isfinite(y[:, :, j]) & np.isfinite(f[:, :, j, :, i]).all(-1)
                parts.append((f[:, :, j, :, i][ok], y[:, :, j][ok]))
            prior[k, q] = fit(parts, q)
        print(k, [np.round(prior[k, q], 2).tolist() for q in LEVELS], file=sys.stderr, flush=True)
    write(prior)


def write(prior) -> None:
    print(
        '"""What the fleet\'s weights of the members are: written by tests/forecaster/bench/forecast_study/choose_weights.py.'
    )
    print()
    print("Horizons and quantiles in between are read off straight lines over log2 of the slots of 5 min.")
    print('"""\n\nfrom __future__ import annotations\n\nimport numpy as np\n')
    print("SLOTS = %r" % (SLOTS,))
    print("KNOTS = np.log2(SLOTS)\nLEVELS = np.array(%r)" % (LEVELS,))
    print(
        "WIDTH = np.array(%r)  # of the quantiles about their median" % ([WIDTH.get(k, 0.96) for k in SLOTS],)
    )
    print("PRIOR = np.array(  # (slots, levels, members)\n    [")
    for k in SLOTS:
        near = min(FITTED, key=lambda other: (abs(np.log2(other / k)), other))
        table = [(1 - FLOOR) * prior[near, q] + FLOOR / len(members.MEMBERS) for q in LEVELS]
        print("        %r," % np.round(table, 3).tolist())
    print("    ]\n)")


if __name__ == "__main__":
    main()
