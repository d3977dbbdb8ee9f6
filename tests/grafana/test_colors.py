"""Colours that mean something can be told apart in colour-blindness, and seen in light and dark.

Deficiencies are simulated as Machado, Oliveira and Fernandes (2009) model them, at full severity; differences
are those of CIELAB (1976).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from grafana.style import colors

if TYPE_CHECKING:
    from numpy.typing import NDArray

VISIONS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
LEVELS = (colors.GOOD, colors.WATCH, colors.WARN, colors.BAD)
APART = 14  # of CIELAB: about six just noticeable differences
BACKGROUNDS = {"dark": "#181b1f", "light": "#ffffff"}
SEEN = 1.9  # contrast of lines and bars; their figures stand beside them


def linear(color: str) -> NDArray[np.float64]:
    shares = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lab(color: str, vision: str) -> NDArray[np.float64]:
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ linear(color), 0, 1) / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def closest(palette: tuple[str, ...], vision: str) -> float:
    pairs = combinations([lab(color, vision) for color in palette], 2)
    return min(float(np.linalg.norm(one - other)) for one, other in pairs)


def contrast(color: str, background: str) -> float:
    light, dark = sorted((float((TO_XYZ @ linear(each))[1]) for each in (color, background)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(
    "palette",
    [
        LEVELS,
        tuple(colors.KINDS.values()),
        tuple(colors.SEVERITIES.values()),
        tuple(colors.RESULTS.values()),
        (colors.ACTUAL, colors.FORECAST, colors.LIMIT, colors.ANOMALY),
        colors.SERIES,
    ],
    ids=["levels", "kinds", "severities", "results", "forecast", "series"],
)
def test_colors_are_told_apart(palette: tuple[str, ...], vision: str) -> None:
    assert closest(palette, vision) >= APART


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_colors_are_seen_on_both_backgrounds(background: str) -> None:
    every = {*LEVELS, *colors.KINDS.values(), *colors.SERIES, colors.ANOMALY}
    assert {color for color in every if contrast(color, BACKGROUNDS[background]) < SEEN} == set()
