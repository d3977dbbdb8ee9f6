"""The reference models beside the others, on a few of the series: their fits take time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.comparison import compare
from forecaster.backtest.methods.method import answers
from forecaster.backtest.methods.registry import BASELINES, OURS, REFERENCE_MODELS
from forecaster.backtest.patterns import patterns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.backtest.comparison import Ahead
    from forecaster.backtest.methods.method import Progress, Question, Told
    from forecaster.backtest.patterns import Patterns

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """The series at `rows`: the `patterns` of each, and every method's figures over the instants that all
    reference models answer; `fits` counts what became of the fits of each model.
    """

    rows: tuple[int, ...]
    patterns: Patterns
    horizons: list[Ahead]
    fits: dict[str, Mapping[str, int]]


def reference(
    whole: Question, ours: Told, cuts: Floats, rows: Sequence[int], progress: Progress
) -> Reference:
    """Ask the reference models the `whole` question about the series at `rows`, which ascend; `ours` is what
    the engine answered to it, `cuts` (n,) are the probabilities from which alerts fire.
    """
    question = whole.take(rows)
    models = answers(REFERENCE_MODELS, question, progress)
    told = {OURS: ours.take(rows), **answers(BASELINES, question, progress), **models}
    return Reference(
        tuple(rows),
        patterns(question.values, question.protocol.clock),
        compare(_answered(question, models), told, cuts[list(rows)]),
        {name: each.fits for name, each in models.items()},
    )


def _answered(question: Question, models: Mapping[str, Told]) -> Question:
    """The same at those instants only for which every model has probabilities."""
    usable = question.protocol.usable.copy()
    for each in models.values():
        usable &= np.isfinite(each.probability).all(axis=0)
    return replace(question, protocol=replace(question.protocol, usable=usable))
