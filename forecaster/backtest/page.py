"""The backtest as one self-contained page: tables, reliability curves, example series. No scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from forecaster.backtest.plots import example_rows, reliability_plot, series_plot, shown_horizon
from forecaster.backtest.tables import COLUMNS, cells, facts, headline, number, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forecaster.backtest.report import Ahead, Report

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>virtcast backtest</title>
<style>
:root {{ --ink: #24292f; --paper: #fff; --ours: #1f6feb; --far: #57606a; --bad: #b3261e; --fan: #e08b00; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #d8dee4; --paper: #16191d; --ours: #7db4ff; --far: #9aa4ae; --bad: #ff8a80;
    --fan: #ffb84d; }}
}}
body {{ margin: 0 auto; padding: 1rem 2rem 3rem; max-width: 62rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid #8886; }}
h3 {{ font-size: 1rem; margin: 1.5rem 0 .3rem; }}
code {{ font-size: .9em; overflow-wrap: anywhere; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .15rem .8rem .15rem 0; text-align: right; font-variant-numeric: tabular-nums; }}
th:first-child, td:first-child {{ text-align: left; }}
tr {{ border-bottom: 1px solid #8884; }} tr.ours td {{ font-weight: 600; }}
.curves {{ display: flex; flex-wrap: wrap; gap: 1rem; }} figure {{ margin: .5rem 0; }}
figcaption {{ color: var(--far); font-size: .9rem; }}
svg {{ width: 100%; height: auto; }} svg text {{ fill: var(--far); font-size: 11px; }}
polyline {{ fill: none; stroke-width: 1.4; }}
.frame {{ fill: none; stroke: #8886; }} .perfect {{ stroke: #8888; stroke-dasharray: 4 4; }}
.ours {{ stroke: var(--ours); }} .dot {{ fill: var(--ours); }}
.value {{ stroke: var(--ink); }} .expected {{ stroke: var(--ours); stroke-dasharray: 2 3; }}
.band {{ fill: var(--ours); opacity: .16; }} .fan {{ fill: var(--fan); opacity: .22; }}
.forecast {{ stroke: var(--fan); }} .limit {{ stroke: var(--bad); stroke-dasharray: 8 4; }}
.alarm {{ fill: none; stroke: var(--bad); stroke-width: 1.5; }}
</style>
</head>
<body>
<h1>virtcast backtest</h1>
<p>What the engine would have said on the history of <code>{url}</code>, beside the methods in use today.</p>
{resources}
{skipped}
</body>
</html>
"""
METHODS = """<p>Average precision: of the ranking by probability, no threshold. Brier skill: of the
probability, against always saying the base rate. Precision, recall, events caught, lead and false episodes
per series-week: at the alert threshold of the configuration.</p>"""


def page(reports: Sequence[Report], skipped: dict[str, str], url: str) -> str:
    """The page; everything that comes from outside is escaped."""
    left_out = "".join(f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in skipped.items())
    return PAGE.format(
        url=escape(url),
        resources=METHODS + "\n".join(_resource(report) for report in reports),
        skipped=f"<h2>Not judged</h2><ul>{left_out}</ul>" if left_out else "",
    )


def _resource(report: Report) -> str:
    parts = [
        f"<h2>{escape(report.resource.name)}</h2>",
        f"<p><code>{escape(report.resource.query)}</code></p>",
        "<ul>" + "".join(f"<li>{escape(fact)}</li>" for fact in facts(report)) + "</ul>",
        *(_ahead(ahead) for ahead in report.horizons),
        _forecasts(report),
        _curves(report),
        *(_example(report, *each) for each in example_rows(report)),
    ]
    return "\n".join(parts)


def _ahead(ahead: Ahead) -> str:
    rows = [(name, *cells(each)) for name, each in ahead.methods.items()]
    head = f"<h3>{escape(headline(ahead))}</h3>"
    return head + (_table(["", *(title for title, _, _ in COLUMNS)], rows) if rows else "")


def _forecasts(report: Report) -> str:
    rows = [
        (f"{name}, {ahead.label} ahead", number(each.pinball), share(each.coverage))
        for ahead in report.horizons
        for name, each in ahead.forecasts.items()
    ]
    within = f"in {report.levels[0]:.0%} to {report.levels[-1]:.0%}"
    return "<h3>Forecast value</h3>" + _table(["", "pinball loss", within], rows) if rows else ""


def _curves(report: Report) -> str:
    drawn = "".join(
        f"<figure>{reliability_plot(ahead.reliability)}"
        f"<figcaption>within {escape(ahead.label)}</figcaption></figure>"
        for ahead in report.horizons
        if len(ahead.reliability) > 1
    )
    title = "<h3>Reliability: how often it came true (up) when a probability was said (across)</h3>"
    return f'{title}<div class="curves">{drawn}</div>' if drawn else ""


def _example(report: Report, row: int, middle: int) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in report.history.labels[row])
    ahead = report.resource.horizons[shown_horizon(report)].label
    legend = (
        f"{labels}: the value, its expected band (blue), what was forecast {ahead} before with its "
        f"{report.levels[0]:.0%} to {report.levels[-1]:.0%} range (orange), the limit (dashed), "
        "anomalies (circles); times are UTC"
    )
    return f"<figure>{series_plot(report, row, middle)}<figcaption>{escape(legend)}</figcaption></figure>"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"]
    for row in rows:
        mark = ' class="ours"' if row[0].startswith("virtcast") else ""
        lines.append(f"<tr{mark}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>")
    return '<div class="wide"><table>\n' + "\n".join(lines) + "\n</table></div>"
