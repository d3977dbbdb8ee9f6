"""Renews the tables of docs/engine/cost.md: the figures of `engine_cost.py`, the bytes of a series' state.

    tests/forecaster/bench/engine_cost.py --series 1 100 1000 10000 --json cost.json
    tests/forecaster/bench/cost_page.py cost.json

Without a file the table of bytes alone is renewed.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.engine.engine import Engine, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PAGE = Path(__file__).parents[3] / "docs/engine/cost.md"
STEP = 300  # seconds
LARGE = 350  # bytes, from which on an array has a row of its own
FIGURES = {
    "series_steps_per_second": "history, series-steps/s",
    "milliseconds_of_a_step": "live step with outlook, ms",
    "milliseconds_of_the_dearest_step": "dearest step, ms",
    "milliseconds_of_an_outlook": "outlook, ms",
    "peak_mib": "peak, MiB",
    "saved_bytes_per_series": "saved, bytes",
}
"""Of the measurement, in the page's words."""


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown, numbers to the right."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures(found: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each number of series."""
    rows = ([f"{int(n):,}", *(_told(each.get(name)) for name in FIGURES)] for n, each in found.items())
    return table(["series", *FIGURES.values()], rows)


def _told(value: float | None) -> str:
    """With a decimal below 100."""
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def state() -> str:
    """The bytes of each model, and of its large arrays."""
    arrays = {
        name: part.nbytes
        for name, part in Engine.fresh(1, Settings(step=STEP)).parts().items()
        if isinstance(part, np.ndarray)
    }
    models: dict[str, dict[str, int]] = {}
    for name, size in arrays.items():
        model, _, own = name.partition(".")
        models.setdefault(model if own else "others", {})[own or name] = size
    rows = [["all", f"{sum(arrays.values()):,}", ""]]
    for model, its in sorted(models.items(), key=lambda each: -sum(each[1].values())):
        large = sorted(((size, own) for own, size in its.items() if size >= LARGE), reverse=True)
        rows.append([model, f"{sum(its.values()):,}", ", ".join(f"`{own}` {size:,}" for size, own in large)])
    return table(["part", "bytes", "arrays"], rows)


def renewed(page: str, name: str, its: str) -> str:
    """The page with another table between the marks of a name."""
    mark, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    found, times = re.subn(f"{mark}.*?{end}", lambda _: f"{mark}\n{its}\n{end}", page, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"the page has {times} tables named {name}")
    return found


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", type=Path, nargs="?", help="what engine_cost.py has written")
    flags = parser.parse_args()
    page = renewed(PAGE.read_text(), "state", state())
    if flags.figures:
        page = renewed(page, "figures", figures(json.loads(flags.figures.read_text())))
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
