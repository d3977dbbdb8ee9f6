"""The tables of docs/scale.md: what a series costs, and what follows for many of them.

    PYTHONPATH=. tests/forecaster/bench/scale_table.py

It takes the figures of series_cost.json, which series_cost.py writes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIGURES = Path(__file__).with_name("series_cost.json")
DOCUMENT = Path(__file__).parents[3] / "docs/scale.md"
PAST_DAYS, STEPS_A_DAY = 28, 288
PAST = PAST_DAYS * STEPS_A_DAY  # steps of history
KILO, MEGA, GIGA = 1e3, 1e6, 1e9
Row = tuple[str, ...]


class Fleet(NamedTuple):
    """So many series, in sites of their own, each with some forecasters that share its series."""

    name: str
    series: int
    sites: int
    forecasters: int  # of a site


# Forecasters that keep within a gigabyte or so.
FLEETS = (
    Fleet("1,000", 1_000, 1, 1),
    Fleet("10,000", 10_000, 1, 1),
    Fleet("50,000", 50_000, 1, 3),
    Fleet("100,000", 100_000, 1, 5),
    Fleet("1,000,000, all read by all", 1_000_000, 1, 50),
    Fleet("1,000,000, in 20 sites of 50,000", 1_000_000, 20, 3),
)
SCALE_HEAD = (
    "series",
    "forecasters",
    "memory of each",
    "CPU of a cycle of each",
    "CPU of the start of each",
    "answers per cycle, all",
    "samples for the database",
)


def cost_rows(costs: Mapping[str, float]) -> list[Row]:
    """Of one series."""
    reading, engine, page = (
        costs[f"{name}, CPU µs"] for name in ("reading the answer", "an online step", "rendering /metrics")
    )
    past = [PAST * costs[f"{name} step of history, CPU µs"] / KILO for name in ("reading a", "a")]
    sharing = reading + costs["telling its shard, CPU µs"]
    cycle = f"reading the answer {reading:.0f} µs, the engine {engine:.0f} µs, writing /metrics {page:.0f} µs"
    start = f"{PAST_DAYS} days of history: reading {past[0]:.0f} ms, the engine {past[1]:.0f} ms"
    size, packed = (costs[f"/metrics{how}, bytes"] / KILO for how in ("", " by gzip"))
    return [
        ("memory of the forecaster, after a restart", f"{costs['memory, bytes'] / KILO:.0f} kB"),
        ("state on disk (`--state.dir`)", f"{costs['state on disk, bytes'] / KILO:.0f} kB"),
        (f"CPU of a cycle: {cycle}", f"{(reading + engine + page) / KILO:.2f} ms"),
        ("CPU of a cycle, of a series of another shard", f"{sharing / KILO:.2f} ms"),
        (f"CPU of the start, for {start}", f"{sum(past):.0f} ms"),
        ("answer of the query of a cycle", f"{costs['answer of a query, bytes']:.0f} bytes"),
        (
            f"answers of the start, for {PAST_DAYS} days of history",
            f"{PAST * costs['answer for a step of history, bytes'] / MEGA:.1f} MB",
        ),
        (
            "on /metrics",
            f"{costs['samples on /metrics']:.0f} samples, {size:.1f} kB, {packed:.2f} kB by gzip",
        ),
    ]


def scale_row(fleet: Fleet, costs: Mapping[str, float]) -> Row:
    """Of a fleet: each forecaster reads the answers for all series of its site, and keeps its own."""
    site = fleet.series / fleet.sites
    own, others = site / fleet.forecasters, site * (1 - 1 / fleet.forecasters)
    memory = costs["the program alone, bytes"] + own * costs["memory, bytes"]
    shared = site * costs["telling its shard, CPU µs"] if fleet.forecasters > 1 else 0.0
    cycle = shared + site * costs["reading the answer, CPU µs"]
    cycle += own * (costs["an online step, CPU µs"] + costs["rendering /metrics, CPU µs"])
    start = own * PAST * sum(costs[f"{name} step of history, CPU µs"] for name in ("reading a", "a"))
    start += others * STEPS_A_DAY * costs["reading a step of history, CPU µs"]  # the last day is read whole
    answers = fleet.series * fleet.forecasters * costs["answer of a query, bytes"]
    return (
        fleet.name,
        f"{fleet.sites * fleet.forecasters}",
        f"{memory / GIGA:.2f} GB",
        f"{_two(cycle / MEGA)} s",
        f"{_two(start / MEGA / 60)} min",
        f"{_two(answers / MEGA)} MB" if answers < GIGA else f"{_two(answers / GIGA)} GB",
        f"{fleet.series * round(costs['samples on /metrics']):,}",
    )


def _two(number: float) -> str:
    """Two digits that count."""
    return f"{float(f'{number:.2g}'):,.{1 if number < 9.95 else 0}f}" if number >= 1 else f"{number:.2g}"


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = [f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in (head, *rows)]
    return "".join((lines[0], f"|{'---|' * len(head)}\n", *lines[1:]))


def tables(costs: Mapping[str, float]) -> tuple[str, str]:
    """Both of the document."""
    scale = table(SCALE_HEAD, [scale_row(each, costs) for each in FLEETS])
    return table(("", "with steps of 5 minutes"), cost_rows(costs)), scale


def main() -> int:
    """Put them into the document, in the place of those that stand there."""
    text = DOCUMENT.read_text()
    places = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    for old, new in zip(places, tables(json.loads(FIGURES.read_text())), strict=True):
        text = text.replace(old, new)
    DOCUMENT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
