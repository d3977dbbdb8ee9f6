"""The reference models beside the others, on a few of the series: their fits take time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.comparison import compare
from forecaster.backtest.dataset import sample
from forecaster.backtest.methods.method import answers
from forecaster.backtest.methods.registry import BASELINES, OURS, REFERENCE_MODELS
from forecaster.backtest.patterns import patterns
from forecaster.backtest.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.backtest.methods.method import Progress, Question, Told
    from forecaster.backtest.report import Report


def reference(report: Report, at_most: int, progress: Progress) -> Reference:
    """Ask the reference models about `at_most` of the report's series, the same ones each time."""
    chosen = set(sample(report.dataset.labels, at_most))
    rows = tuple(row for row, labels in enumerate(report.dataset.labels) if labels in chosen)
    question = report.question.take(rows)
    models = answers(REFERENCE_MODELS, question, progress)
    told = {OURS: report.ours.take(rows), **answers(BASELINES, question, progress), **models}
    return Reference(
        rows,
        patterns(question.values, report.clock),
        compare(_answered(question, models), told, report.cuts[list(rows)]),
        {name: each.fits for name, each in models.items()},
    )


def _answered(question: Question, models: Mapping[str, Told]) -> Question:
    """The same at those instants only for which every model has probabilities."""
    usable = question.protocol.usable.copy()
    for each in models.values():
        usable &= np.isfinite(each.probability).all(axis=0)
    return replace(question, protocol=replace(question.protocol, usable=usable))
