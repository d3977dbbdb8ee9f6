"""The status page: what runs out first, what is unusual, what is forecast, and how it is doing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from forecaster.advice.registry import ADVISERS
from forecaster.advice.wording import rough
from forecaster.config.durations import written
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from forecaster.advice.finding import Adviser
    from forecaster.view.view import Fresh, ResourceView, View

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
td.n, th.n {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }}
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
{advice}
<h2>Resources</h2>
{resources}
</main>
</body>
</html>
"""


def page(view: View, now: float, fresh_for: int, links: Sequence[tuple[str, str]]) -> str:
    """The page as HTML; everything that comes from outside is escaped."""
    fresh = view.fresh(now, fresh_for)
    return PAGE.format(
        refresh=max(5, min(60, view.step)),
        links="".join(f'<a href="{escape(address)}">{escape(text)}</a>' for address, text in links),
        backend=_backend(view, now),
        resources=_resources(view, now),
        advice="\n".join(_advice(adviser, fresh) for adviser in ADVISERS),
    )


def _backend(view: View, now: float) -> str:
    state = "answers" if view.backend_up else '<span class="bad">does not answer</span>'
    shard = "" if view.shard == "1/1" else f" Shard {escape(view.shard)}."
    last = "none yet" if view.last_success is None else f"{rough(now - view.last_success)} ago"
    took = "" if view.duration is None else f", the last one took {view.duration:.1f} s"
    failing = ", ".join(escape(each.resource.name) for each in view.resources if each.error)
    wrong = f' <span class="bad">Failing, see below: {failing}.</span>' if failing else ""
    return (
        f"Backend {escape(view.backend_url)} {state}. Step {written(view.step)}{took}. "
        f"Last complete cycle: {last}.{shard}{wrong}"
    )


def _resources(view: View, now: float) -> str:
    head = ["Resource", "Query", *(state.value for state in State), "Read", "Last try"]
    return _table(
        head, [_resource_row(each, now) for each in view.resources], numbers=range(2, 2 + len(State))
    )


def _resource_row(each: ResourceView, now: float) -> list[str]:
    counts = [str(number) for number in each.counts.values()]
    read = "not yet" if not each.last_success else f"{rough(now - each.last_success)} ago"
    if not each.last_success and 0 < each.progress < 1:
        read = f"history {each.progress:.0%}"
    result = (
        f'<span class="bad">{escape(each.error)}</span>' if each.error else "ok" if each.last_success else ""
    )
    return [escape(each.resource.name), f"<code>{escape(each.resource.query)}</code>", *counts, read, result]


def _advice(adviser: Adviser, fresh: Fresh) -> str:
    rows = [[escape(text) for text in row] for row in adviser.rows(fresh)]
    numbers = [place for place, column in enumerate(adviser.columns) if column.number]
    head = [column.title for column in adviser.columns]
    table = _table(head, rows, numbers) if rows else f"<p>{escape(adviser.nothing)}</p>"
    return f"<h2>{escape(adviser.title)}</h2>\n{table}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int]) -> str:
    """A table of cells that are HTML already; the columns in `numbers` are set flush right."""

    def cells(kind: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{kind}{' class=n' if at in numbers else ''}>{cell}</{kind}>" for at, cell in enumerate(row)
        )

    lines = [f"<tr>{cells('th', head)}</tr>", *(f"<tr>{cells('td', row)}</tr>" for row in rows)]
    return "<table>\n" + "\n".join(lines) + "\n</table>"
