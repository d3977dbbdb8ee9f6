"""How long a Prometheus takes for what each dashboard asks, with the series of `backfill_fleet.py`.

python tests/support/time_dashboards.py http://127.0.0.1:9090 --end UNIX_TIME [--range 21600]

A row a page, as Markdown: queries, their time in sum, the slowest one and its panel. Each query is asked
three times; the median counts. Graphs ask for a range of 300 points, others for the end.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from dashboards import VALUES, filled_in, panels
from forecaster.config.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

DASHBOARDS = Path(__file__).resolve().parents[2] / "grafana/json"
POINTS, REPEATS = 300, 3
FLEET = {
    **VALUES,
    "$instance": ".*",
    "$domain": "vm-000",
    "$vm_filesystem": "/",
    "$vm_disk_allocation": "vda",
}


def asked(page: dict[str, Any], end: int, span: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Panel, API and parameters of each query of a page."""
    for panel in panels(page):
        own = seconds(panel["timeFrom"]) if "timeFrom" in panel else span
        step = max(own // POINTS, 15)
        values = {
            **FLEET,
            "$__range": f"{own}s",
            "$__interval": f"{step}s",
            "$__rate_interval": f"{max(step, 60)}s",
        }
        for target in panel["targets"]:
            query = {"query": filled_in(target["expr"], values)}
            if target.get("instant"):
                yield panel["title"], "query", {**query, "time": end}
            else:
                yield panel["title"], "query_range", {**query, "start": end - own, "end": end, "step": step}


def took(url: str, api: str, parameters: dict[str, Any]) -> float:
    """Seconds, the median of a few."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        answer = requests.post(f"{url}/api/v1/{api}", data=parameters, timeout=300)
        times.append(time.perf_counter() - start)
        answer.raise_for_status()
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--end", type=int, required=True)
    parser.add_argument("--range", type=int, default=6 * 3600, help="of pages, in seconds")
    given = parser.parse_args()
    sys.stdout.write("| page | queries | sum | slowest | its panel |\n|---|---|---|---|---|\n")
    for path in sorted(DASHBOARDS.glob("*.json")):
        rows = [
            (took(given.url, api, parameters), panel)
            for panel, api, parameters in asked(json.loads(path.read_text()), given.end, given.range)
        ]
        slowest, panel = max(rows)
        total = sum(row[0] for row in rows)
        name = path.stem.removeprefix("virtcast-")
        sys.stdout.write(f"| {name} | {len(rows)} | {total:.2f} s | {slowest:.2f} s | {panel} |\n")


if __name__ == "__main__":
    main()
