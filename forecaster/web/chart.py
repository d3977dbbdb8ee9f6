"""The chart of a series: its last day (of short steps less is kept), the band of then, and the day ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.wording import amount, rough
from forecaster.report.plot import NOTHING, Axes
from forecaster.view.recent import MOST

if TYPE_CHECKING:
    from markupsafe import Markup
    from numpy.typing import NDArray

    from forecaster.config.resource import Resource
    from forecaster.view.recent import Track
    from forecaster.view.rows import Rows

    Floats = NDArray[np.float64]

DAY = 86_400.0  # seconds that are drawn, before and after now, at most
WIDTH, HEIGHT = 560, 180  # pixels
_MARGIN = 0.06  # of the height, above and below what is drawn
_NEAR = 2.0  # a limit is drawn unless the scale would have to grow by more than this for it


class Ahead(NamedTuple):
    """What is forecast: times in Unix seconds, the lowest, middle and highest quantile; (k,) each."""

    times: Floats
    low: Floats
    middle: Floats
    high: Floats


def span(track: Track) -> float:
    """Seconds that are drawn before and after now: what is kept of a series, a day at most."""
    steps = np.diff(track.times)
    return min(DAY, MOST * float(steps.min())) if len(steps) else DAY


def span_text(track: Track) -> str:
    """The same in words."""
    seconds = span(track)
    return "24 hours" if seconds == DAY else rough(seconds)


def ahead(rows: Rows, row: int, seconds: float = DAY) -> Ahead:
    """The forecast of a series within so many seconds, from its latest value on."""
    within = [at for at, each in enumerate(rows.resource.horizons) if each.seconds <= seconds]
    times = rows.at + np.array([0.0, *(rows.resource.horizons[at].seconds for at in within)])
    begin = np.full(rows.outlook.forecast.shape[1], rows.values[row])
    told = np.vstack([begin, rows.outlook.forecast[within, :, row]])
    return Ahead(times, told[:, 0], told[:, told.shape[1] // 2], told[:, -1])


def chart(track: Track, resource: Resource, rows: Rows | None, row: int, title: str) -> Markup:
    """The chart; without `rows`, those of the resource that are ready, of the past alone. `title` is read out
    in its place.
    """
    now = float(rows.at if rows is not None else max(track.times, default=0.0))
    drawn_seconds, words = span(track), span_text(track)
    foreseen = None if rows is None else ahead(rows, row, drawn_seconds)
    limit = np.nan if rows is None else rows.bounds[row].limit
    unit = resource.unit
    low, high = _range(track, foreseen, limit, resource)
    axes = Axes((now - drawn_seconds, now + drawn_seconds), (low, high), WIDTH, HEIGHT)
    recent = track.times >= now - drawn_seconds
    times, values, lower, upper = (part[recent] for part in track)
    drawn = axes.area("band", times, lower, upper)
    if foreseen is not None:
        drawn += axes.area("fan", foreseen.times, foreseen.low, foreseen.high)
        drawn += axes.line("forecast", foreseen.times, foreseen.middle)
    drawn += axes.line("now", np.full(2, now), np.array([low, high])) + axes.line("value", times, values)
    drawn += axes.line("limit", np.array(axes.x), np.full(2, limit)) if low <= limit <= high else NOTHING
    ends = (f"{words} ago", f"in {words}")
    return axes.framed(drawn, ends, (amount(low, unit), amount(high, unit)), title)


def _range(track: Track, foreseen: Ahead | None, limit: float, resource: Resource) -> tuple[float, float]:
    """The ends of the scale: what is drawn, and a little more where values can be there."""
    parts = [track.values, track.lower, track.upper, *(foreseen[1:] if foreseen is not None else ())]
    if resource.display.from_zero:
        parts.append(np.zeros(1))
    drawn = np.concatenate([part[np.isfinite(part)] for part in parts])
    if not len(drawn):
        return 0.0, 1.0
    low, high = float(drawn.min()), float(drawn.max())
    if np.isfinite(limit) and max(high, limit) - min(low, limit) <= (1 + _NEAR) * (high - low):
        low, high = min(low, limit), max(high, limit)
    margin = _MARGIN * (high - low) or 0.05 * abs(high) or 0.5
    return min(low, max(low - margin, resource.lowest)), max(high, min(high + margin, resource.highest))
