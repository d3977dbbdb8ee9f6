"""The status page: what is watched, how it is doing, what fills up first and what looks unusual."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.explanation import sentence, trend
from forecaster.advice.together import groups
from forecaster.durations import written
from forecaster.publish.gauges import count, known_score
from forecaster.publish.unusual import figures_of, in_order, onsets
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from forecaster.advice.together import Group
    from forecaster.publish.view import Forecasts, ResourceView, View
    from forecaster.series import Labels

ROWS = 10
RUNS_OUT = ("Now", "Limit reached", "Probability", "Trend")
UNUSUAL = ("Now", "Expected", "Score", "Why")
TOGETHER = ("Of", "Series", "Began", "In order")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{refresh}">
<title>virtcast forecaster</title>
<style>
body {{ margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #24292f; background: #fff; }}
header {{ padding: 1rem 2rem; color: #fff; background: #1f3a5f; }}
header a {{ color: #fff; margin-right: 1rem; }}
h1 {{ margin: 0; font-size: 1.4rem; }}
h2 {{ font-size: 1.1rem; margin: 1.5rem 0 .5rem; }}
main {{ padding: .5rem 2rem 2rem; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .2rem 1rem .2rem 0; text-align: left; vertical-align: top; }}
tr {{ border-bottom: 1px solid #8884; }}
td.n, th.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
.bad {{ color: #b3261e; font-weight: 600; }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #d8dee4; background: #16191d; }} a {{ color: #7db4ff; }} .bad {{ color: #ff8a80; }}
}}
</style>
</head>
<body>
<header><h1>virtcast forecaster</h1>{links}</header>
<main>
<p>{backend}</p>
<h2>Resources</h2>
{resources}
<h2>Runs out first</h2>
{exhaustions}
<h2>Unusual now</h2>
{anomalies}
<h2>Deviated together</h2>
{together}
</main>
</body>
</html>
"""


class Finding(NamedTuple):
    """A series worth naming: what it is sorted by, and the other figures of its row as they are shown."""

    order: float
    resource: str
    labels: Labels
    figures: tuple[str, ...]


def page(view: View, now: float, fresh_for: int, links: Sequence[tuple[str, str]]) -> str:
    """The page as HTML; everything that comes from outside is escaped."""
    fresh = view.fresh(now, fresh_for)
    return PAGE.format(
        refresh=max(5, min(60, view.step)),
        links="".join(f'<a href="{escape(address)}">{escape(text)}</a>' for address, text in links),
        backend=_backend(view, now),
        resources=_resources(view, now),
        exhaustions=_findings(RUNS_OUT, soonest(fresh), "Nothing in sight."),
        anomalies=_findings(UNUSUAL, most_unusual(fresh), "Nothing."),
        together=_together(groups(onsets(fresh)), now),
    )


def soonest(fresh: Iterable[tuple[ResourceView, Forecasts]]) -> list[Finding]:
    """The series predicted to reach their limit first."""
    found = []
    for each, forecasts in fresh:
        seconds, probability = forecasts.outlook.exhaustion_seconds, forecasts.outlook.probability[-1]
        horizon = each.resource.horizons[-1].label
        for row in _first(each, forecasts, seconds, np.isfinite(seconds)):
            when = "now" if seconds[row] <= 0 else f"in {_ago(float(seconds[row]))}"
            likely = f"{probability[row]:.0%} in {horizon}"
            way = trend(figures_of(each, forecasts, row))
            figures = (_figure(forecasts.values[row]), when, likely, way)
            found.append(Finding(float(seconds[row]), each.resource.name, forecasts.labels[row], figures))
    return sorted(found)[:ROWS]


def most_unusual(fresh: Iterable[tuple[ResourceView, Forecasts]]) -> list[Finding]:
    """The series with the highest anomaly score, anomalous ones only."""
    found = []
    for each, forecasts in fresh:
        score, expected = known_score(forecasts), forecasts.outlook.expected
        for row in _first(each, forecasts, -score, score >= 1):
            why = sentence(figures_of(each, forecasts, row))
            figures = (_figure(forecasts.values[row]), _figure(expected[row]), f"{score[row]:.2f}", why)
            found.append(Finding(-float(score[row]), each.resource.name, forecasts.labels[row], figures))
    return sorted(found)[:ROWS]


def _first(
    each: ResourceView, forecasts: Forecasts, order: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> list[int]:
    """The first ready rows among the chosen ones."""
    rows = [int(row) for row in np.flatnonzero(chosen)]
    ready = [row for row in rows if each.states.get(forecasts.labels[row]) is State.READY]
    return sorted(ready, key=lambda row: float(order[row]))[:ROWS]


def _figure(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else ""


def _backend(view: View, now: float) -> str:
    state = "answers" if view.backend_up else '<span class="bad">does not answer</span>'
    shard = "" if view.shard == "1/1" else f" Shard {escape(view.shard)}."
    last = "none yet" if view.last_success is None else f"{_ago(now - view.last_success)} ago"
    took = "" if view.duration is None else f", the last one took {view.duration:.1f} s"
    return (
        f"Backend {escape(view.backend_url)} {state}. Step {written(view.step)}{took}. "
        f"Last complete cycle: {last}.{shard}"
    )


def _resources(view: View, now: float) -> str:
    head = ["Resource", "Query", *(state.value for state in State), "Read", "Last try"]
    return _table(
        head, [_resource_row(each, now) for each in view.resources], numbers=range(2, 2 + len(State))
    )


def _resource_row(each: ResourceView, now: float) -> list[str]:
    counts = [str(number) for number in count(list(each.states.values())).values()]
    read = "not yet" if not each.last_success else f"{_ago(now - each.last_success)} ago"
    if not each.last_success and 0 < each.progress < 1:
        read = f"history {each.progress:.0%}"
    result = (
        f'<span class="bad">{escape(each.error)}</span>' if each.error else "ok" if each.last_success else ""
    )
    return [escape(each.resource.name), f"<code>{escape(each.resource.query)}</code>", *counts, read, result]


def _findings(figures: tuple[str, ...], found: Sequence[Finding], none: str) -> str:
    if not found:
        return f"<p>{none}</p>"
    rows = [[escape(text) for text in (each.resource, _named(each.labels), *each.figures)] for each in found]
    return _table(["Resource", "Series", *figures], rows, range(2, 5))


def _together(found: Sequence[Group], now: float) -> str:
    rows = [[escape(text) for text in row] for row in together(found, now)]
    return _table(TOGETHER, rows, range(1, 3)) if rows else "<p>Nothing.</p>"


def together(found: Sequence[Group], now: float) -> list[tuple[str, ...]]:
    """The largest groups of anomalies, as rows of the columns TOGETHER."""
    return [
        (_named(group.of), str(len(group.onsets)), f"{_ago(now - group.onsets[0].at)} ago", in_order(group))
        for group in found[:ROWS]
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: range) -> str:
    """A table of cells that are HTML already; the columns in `numbers` are set flush right."""

    def cells(kind: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{kind}{' class=n' if at in numbers else ''}>{cell}</{kind}>" for at, cell in enumerate(row)
        )

    lines = [f"<tr>{cells('th', head)}</tr>", *(f"<tr>{cells('td', row)}</tr>" for row in rows)]
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _named(labels: Labels) -> str:
    return ", ".join(f"{name}={value}" for name, value in labels)


def _ago(seconds: float) -> str:
    """A duration in its two largest units."""
    seconds = max(0, int(seconds))
    rounded = seconds - seconds % (3600 if seconds >= 86_400 else 60 if seconds >= 3_600 else 1)
    return written(rounded)
