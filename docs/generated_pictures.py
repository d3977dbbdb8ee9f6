"""Pictures of the engine at work, drawn at each build: a seeded series through `replay` for each question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.replay import Replay, replay
from forecaster.report.plot import Axes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from markupsafe import Markup
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEP, DAY = 300, 288  # seconds; steps
BEGIN = 1_700_006_400  # a midnight, UTC
LIMIT = 0.9
AHEAD = tuple(3600 * hours for hours in range(1, 25))  # seconds
QUANTILES = (0.1, 0.5, 0.9)
# An image of its own has no style sheet of the page around it: colours that read on light and on dark.
STYLE = (
    "<style>svg{background:#fff}text{fill:#666;font:11px sans-serif}polyline{fill:none;stroke-width:1.4}"
    ".frame{fill:none;stroke:#bbb}.value{stroke:#222}.band{fill:#1f6feb;opacity:.16}"
    ".fan{fill:#e08b00;opacity:.22}.forecast{stroke:#b36b00}.limit{stroke:#c01c28;stroke-dasharray:8 4}"
    ".alarm{fill:none;stroke:#c01c28;stroke-width:1.5}.now{stroke:#888;stroke-dasharray:2 4}</style>"
)


@dataclass(frozen=True)
class Picture:
    """What is drawn: days of a series (days of history are longer), and what is laid over it."""

    name: str
    title: str
    series: Callable[[Floats], Floats]  # of steps since the first midnight
    days: int
    shown: tuple[int, int]  # days
    layers: tuple[Callable[[Floats, Replay, Axes], Markup], ...]
    forecast_at: tuple[int, ...] | None = None


def _wave(t: Floats) -> Floats:
    noise = np.random.default_rng(7).normal(0, 0.02, len(t))
    return np.asarray(0.4 + 0.2 * np.sin(2 * np.pi * (t / DAY - 0.3)) + noise)


def _incident(t: Floats) -> Floats:
    """A plateau of two hours on the tenth day."""
    return np.where((t >= 9.6 * DAY) & (t < 9.6 * DAY + 24), 0.85, _wave(t))


def _leak(t: Floats) -> Floats:
    return np.asarray(np.minimum(0.1 * _wave(t) + 0.25 + 0.065 * t / DAY, 1.0))


def _steps(values: Floats, axes: Axes) -> Floats:
    """The numbers of the steps, NaN for those that are not shown."""
    at = np.arange(len(values), dtype=float)
    return np.where(at >= axes.x[0], at, np.nan)


def _values(values: Floats, _: Replay, axes: Axes) -> Markup:
    return axes.line("value", _steps(values, axes), values)


def _band(values: Floats, said: Replay, axes: Axes) -> Markup:
    at = _steps(values, axes)
    shown = np.isfinite(at)
    return axes.area("band", at[shown], said.lower[0, shown], said.upper[0, shown])


def _limit(_values: Floats, _said: Replay, axes: Axes) -> Markup:
    return axes.line("limit", np.array(axes.x), np.full(2, LIMIT))


def _score(values: Floats, said: Replay, axes: Axes) -> Markup:
    """The score, a fifth of its height; 1 stands at 0.2."""
    score = np.minimum(said.anomaly_score[0] / 5, 1.0)
    at = _steps(values, axes)
    return axes.line("alarm", at, score) + axes.line("now", np.array(axes.x), np.full(2, 0.2))


def _time_left(values: Floats, said: Replay, axes: Axes) -> Markup:
    """When the limit is reached, told each twelve hours: a bar from the lower to the upper quantile."""
    drawn = _limit(values, said, axes)
    for at in range(int(axes.x[0]), len(values), DAY // 2):
        low, middle, high = (at + said.exhaustion_quantiles[0, at, q] / STEP for q in range(3))
        if np.isfinite(high) and values[at] < LIMIT:
            drawn += axes.line("forecast", np.array([at, middle]), np.array([values[at], LIMIT]))
            drawn += axes.area(
                "fan", np.array([low, high]), np.full(2, LIMIT - 0.015), np.full(2, LIMIT + 0.015)
            )
    return drawn


def _fan(values: Floats, said: Replay, axes: Axes) -> Markup:
    """The forecasts of the next day, made at a midnight."""
    now = int(axes.x[1]) - DAY
    times = np.array([now, *(now + each / STEP for each in AHEAD)])
    low, middle, high = (np.concatenate([values[now : now + 1], said.forecast[0, 0, :, q]]) for q in range(3))
    mark = axes.line("now", np.full(2, float(now)), np.array(axes.y))
    return axes.area("fan", times, low, high) + axes.line("forecast", times, middle) + mark


PICTURES = (
    Picture("baseline", "A daily wave and the band of usual values", _wave, 10, (7, 10), (_band, _values)),
    Picture(
        "anomaly",
        "Two hours of an incident, the band, and the score (1 is the dashed line)",
        _incident,
        11,
        (9, 11),
        (_band, _values, _score),
    ),
    Picture(
        "exhaustion",
        "A leak, the limit, and when it is reached as told each twelve hours",
        _leak,
        12,
        (3, 12),
        (_time_left, _values),
    ),
    Picture(
        "forecasts",
        "Forecasts made at midnight, and what came",
        _wave,
        11,
        (8, 11),
        (_fan, _values),
        (10 * DAY,),
    ),
)


def write(folder: Path) -> None:
    """Write the pictures into `folder`."""
    for picture in PICTURES:
        (folder / f"{picture.name}.svg").write_text(_svg(picture))


def _svg(picture: Picture) -> str:
    at = np.arange(picture.days * DAY)
    values = picture.series(at.astype(float))
    said = replay(
        values,
        BEGIN + STEP * at,
        LIMIT,
        AHEAD if picture.forecast_at else (900, 3600, 86400),
        forecast_at=picture.forecast_at,
        quantiles=QUANTILES,
        lowest=0.0,
    )
    first, last = (day * DAY for day in picture.shown)
    axes = Axes((first, last), (0.0, 1.0), 720, 200)
    drawn = axes.framed(
        _layers(picture, values, said, axes),
        (f"day {picture.shown[0]}", f"day {picture.shown[1]}"),
        ("0", "1"),
        picture.title,
    )
    return (
        str(drawn)
        .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        .replace("><rect", f">{STYLE}<rect", 1)
    )


def _layers(picture: Picture, values: Floats, said: Replay, axes: Axes) -> Markup:
    first, *rest = (layer(values, said, axes) for layer in picture.layers)
    for each in rest:
        first += each
    return first
