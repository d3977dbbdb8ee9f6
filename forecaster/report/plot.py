"""Plots as inline SVG: axes, lines, areas, points. Colours are those of plot.css."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EDGE, BELOW = 64, 26  # pixels beside and below a plot, for its scales

# SVG; `Markup.format` escapes what is put in.
LINE = Markup('<polyline class="{}" points="{}"/>')
AREA = Markup('<polygon class="{}" points="{}"/>')
CIRCLE = Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>')
TEXT = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
FRAME = Markup('<rect class="frame" x="{}" y="0" width="{}" height="{}"/>')
PLOT = Markup('<svg viewBox="0 0 {0} {1}" style="max-width:{0}px" role="img" aria-label="{2}">{3}</svg>')
OWN_STYLE = Markup("<style>{}</style>")
NOTHING = Markup()


@dataclass(frozen=True)
class Axes:
    """Data ranges (low, high) laid on a plot of `width` by `height` pixels."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 860
    height: int = 220

    def points(self, xs: Floats, ys: Floats) -> list[list[str]]:
        """Pixel pairs of the runs of finite points."""
        runs: list[list[str]] = [[]]
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            if math.isfinite(x) and math.isfinite(y):
                runs[-1].append(f"{self._at(x, self.x, self.width):.1f},{self._down(y):.1f}")
            elif runs[-1]:
                runs.append([])
        return [run for run in runs if run]

    def line(self, kind: str, xs: Floats, ys: Floats) -> Markup:
        """Lines through the points, broken where one is missing."""
        return NOTHING.join(LINE.format(kind, " ".join(run)) for run in self.points(xs, ys))

    def area(self, kind: str, xs: Floats, low: Floats, high: Floats) -> Markup:
        """What lies between two lines, broken where either is missing."""
        known = np.isfinite(low) & np.isfinite(high)
        pairs = (self.points(xs, np.where(known, each, np.nan)) for each in (low, high))
        return NOTHING.join(
            AREA.format(kind, " ".join([*under, *reversed(over)])) for under, over in zip(*pairs, strict=True)
        )

    def framed(
        self, content: Markup, x_text: tuple[str, str], y_text: tuple[str, str], title: str, style: str = ""
    ) -> Markup:
        """The whole plot; texts at the low and high end of each scale; a style where the page has none."""
        wide, bottom = self.width + 2 * EDGE, self.height + 18
        texts = NOTHING.join(
            (
                TEXT.format(EDGE, bottom, "start", x_text[0]),
                TEXT.format(EDGE + self.width, bottom, "end", x_text[1]),
                TEXT.format(EDGE - 4, self.height, "end", y_text[0]),
                TEXT.format(EDGE - 4, 12, "end", y_text[1]),
            )
        )
        frame = FRAME.format(EDGE, self.width, self.height)
        own = OWN_STYLE.format(style) if style else NOTHING
        return PLOT.format(wide, self.height + BELOW, title, own + frame + content + texts)

    def _at(self, value: float, span: tuple[float, float], size: int) -> float:
        return EDGE + size * (value - span[0]) / (span[1] - span[0] or 1.0)

    def _down(self, y: float) -> float:
        share = (y - self.y[0]) / (self.y[1] - self.y[0] or 1.0)
        return self.height * (1 - min(max(share, 0.0), 1.0))
