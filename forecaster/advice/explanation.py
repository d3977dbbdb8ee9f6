"""One sentence on an anomaly, made from its figures."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.advice.wording import amount
from forecaster.engine.anomaly import SIGNS

if TYPE_CHECKING:
    from forecaster.view.rows import Figures

SIGN_TEXTS = {
    "residual": "the value jumped",
    "shape": "the last hours resemble no past day",
    "roughness": "it varies more or less than it did",
    "displacement": "the last hours stand off the long-run level",
}
MATTERS = 0.01
"""Change per hour, as a share of the value, from which a trend is worth words."""


def sentence(figures: Figures) -> str:
    """For example: usually 12 % at this time, now 71 %; rising 3 %/h; strongest sign: the value jumped."""
    normal = f"usually {amount(figures.usual, figures.unit)} at this time"
    if not math.isfinite(figures.usual):  # what was normal at first: what is expected now follows the value
        before = figures.origin if math.isfinite(figures.origin) else figures.expected
        normal = f"expected {amount(before, figures.unit)}"
    parts = [
        f"{normal}, now {amount(figures.value, figures.unit)}",
        trend(figures),
        f"strongest sign: {SIGN_TEXTS[strongest(figures)]}",
    ]
    return "; ".join(part for part in parts if part)


def trend(figures: Figures) -> str:
    """Rising or falling by how much an hour; empty where that is not worth words."""
    size = max(abs(each) for each in (figures.value, figures.usual, 0.0) if math.isfinite(each))
    if not math.isfinite(figures.trend) or abs(figures.trend) <= MATTERS * size:
        return ""
    way = "rising" if figures.trend > 0 else "falling"
    return f"{way} {amount(abs(figures.trend), figures.unit)}/h"


def slow_trend(figures: Figures) -> str:
    """The same, by the day where an hour brings too little."""
    return trend(figures) or trend(replace(figures, trend=24 * figures.trend)).replace("/h", "/d")


def strongest(figures: Figures) -> str:
    """The sign that says most; displacement alone is no alarm."""
    said = dict(zip(SIGNS, figures.signs, strict=True))
    return max((name for name in SIGNS if name != "displacement"), key=lambda name: said[name])
