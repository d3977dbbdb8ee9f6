"""What the reference models of statsmodels say beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.backtest.comparison import Ahead
    from forecaster.backtest.patterns import Patterns


@dataclass(frozen=True)
class Reference:
    """The series at `rows`: the `patterns` of each, and every method's figures over the instants that all
    reference models answer; `fits` counts what became of the fits of each model.
    """

    rows: tuple[int, ...]
    patterns: Patterns
    horizons: list[Ahead]
    fits: dict[str, Mapping[str, int]]
