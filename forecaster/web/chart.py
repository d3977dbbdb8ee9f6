"""The chart of a series: its last day, the band it was judged by, and the day ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.wording import amount
from forecaster.report.plot import NOTHING, Axes

if TYPE_CHECKING:
    from markupsafe import Markup
    from numpy.typing import NDArray

    from forecaster.config.resource import Resource
    from forecaster.view.recent import Track
    from forecaster.view.rows import Rows

    Floats = NDArray[np.float64]

AHEAD = 86_400.0  # seconds that are drawn, before and after now
WIDTH, HEIGHT = 560, 180  # pixels
_MARGIN = 0.06  # of the height, above and below what is drawn
_NEAR = 2.0  # a limit is drawn unless the scale would have to grow by more than this for it


class Ahead(NamedTuple):
    """What is forecast: times in Unix seconds, the lowest, middle and highest quantile; (k,) each."""

    times: Floats
    low: Floats
    middle: Floats
    high: Floats


def ahead(rows: Rows, row: int) -> Ahead:
    """The forecast of a series within the day, from its latest value on."""
    within = [at for at, each in enumerate(rows.resource.horizons) if each.seconds <= AHEAD]
    times = rows.at + np.array([0.0, *(rows.resource.horizons[at].seconds for at in within)])
    begin = np.full(rows.outlook.forecast.shape[1], rows.values[row])
    told = np.vstack([begin, rows.outlook.forecast[within, :, row]])
    return Ahead(times, told[:, 0], told[:, told.shape[1] // 2], told[:, -1])


def chart(track: Track, resource: Resource, rows: Rows | None, row: int, title: str) -> Markup:
    """The chart; without `rows`, those of the resource that are ready, of the past alone. `title` is read out
    in its place.
    """
    now = float(rows.at if rows is not None else max(track.times, default=0.0))
    foreseen = None if rows is None else ahead(rows, row)
    limit = np.nan if rows is None else rows.bounds[row].limit
    unit = resource.unit
    low, high = _range(track, foreseen, limit, resource)
    axes = Axes((now - AHEAD, now + AHEAD), (low, high), WIDTH, HEIGHT)
    recent = track.times >= now - AHEAD
    times, values, lower, upper = (part[recent] for part in track)
    drawn = axes.area("band", times, lower, upper)
    if foreseen is not None:
        drawn += axes.area("fan", foreseen.times, foreseen.low, foreseen.high)
        drawn += axes.line("forecast", foreseen.times, foreseen.middle)
    drawn += axes.line("now", np.full(2, now), np.array([low, high])) + axes.line("value", times, values)
    drawn += axes.line("limit", np.array(axes.x), np.full(2, limit)) if low <= limit <= high else NOTHING
    return axes.framed(drawn, ("24 hours ago", "in 24 hours"), (amount(low, unit), amount(high, unit)), title)


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
