"""The engine for the scorers, with a stage switched off and what it said recorded, as the environment asks.

VIRTCAST_STAGE_OFF names a stage of `STAGES`; VIRTCAST_RECORD a file (.npz) for the probabilities;
VIRTCAST_FROM_DAY the day the engine first sees.
"""

from __future__ import annotations

import dataclasses
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.engine.anomaly import LIMITS, score
from forecaster.engine.exhaustion import Exhaustion, StateTables
from forecaster.replay import replay as whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.exhaustion import Filters
    from forecaster.replay import Replay

_FORESEE = Exhaustion._foresee


def _silent(self: Exhaustion, block: int, filters: Filters | None) -> None:
    """What the seasons foresee is learnt, but they never speak."""
    _FORESEE(self, block, filters)
    self.speaks[:] = 0


def _seasonless(self: Exhaustion, block: int, _filters: Filters | None) -> None:
    """Holt-Winters is no view."""
    _FORESEE(self, block, None)


# What is put in place of what, so that a stage has no say.
STAGES: dict[str, tuple[Any, str, Any]] = {
    "tables": (StateTables, "outlook", lambda _self, views, *_rest: views),
    "clock": (Exhaustion, "_foresee", _silent),
    "season": (Exhaustion, "_foresee", _seasonless),
    **{
        member: (score, "LIMITS", dataclasses.replace(LIMITS, **{member: math.inf}))
        for member in ("rarity", "residual", "shape", "roughness")
    },
}


def switch_off(stage: str) -> None:
    """Take a stage out of this process' engine; AttributeError when the engine no longer has it."""
    owner, name, instead = STAGES[stage]
    getattr(owner, name)  # a stage that moved must not look like one that does nothing
    setattr(owner, name, instead)


def replay(values: Any, timestamps: Any, limit: Any, horizons: Sequence[int]) -> Replay:
    """forecaster.replay.replay, as the environment asks."""
    if stage := os.environ.get("VIRTCAST_STAGE_OFF"):
        switch_off(stage)
    first = int(float(os.environ.get("VIRTCAST_FROM_DAY", "0")) * 86_400 // (timestamps[1] - timestamps[0]))
    said = whole(values[:, first:], timestamps[first:], limit=limit, horizons=horizons)
    if first:
        said = dataclasses.replace(
            said,
            probability=_after(first, said.probability),
            exhaustion_seconds=_after(first, said.exhaustion_seconds),
        )
    if target := os.environ.get("VIRTCAST_RECORD"):
        np.savez(target, values=values, limit=limit, timestamps=timestamps, probability=said.probability)
    return said


def _after(steps: int, told: NDArray[np.float64]) -> NDArray[np.float64]:
    """What was told (n, T, …), and nothing for so many steps before."""
    nothing = np.full((len(told), steps, *told.shape[2:]), np.nan)
    return np.concatenate((nothing, told), axis=1)
