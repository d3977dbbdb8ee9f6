"""How long pages and API take, by the size of the fleet.

    PYTHONPATH=tests/support .venv/bin/python tests/forecaster/bench/pages.py --vms 1000 10000

Milliseconds from a request to its bytes, without a network: the median and the worst of some tries, the
median of the processor's time alone, which other programs do not lengthen, and the size of the answer. A VM
has five series.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from exporter.web.query import Query
from exporter.web.server import Request
from fleet_view import NOW, fleet
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    from exporter.web.server import Handler

TRIES = 20
HEAD = (
    "| VMs | series | request | median ms | worst ms | CPU ms | kB |",
    "|---:|---:|---|---:|---:|---:|---:|",
)
REQUESTS = (
    ("/", ""),
    ("/series", ""),
    ("/series", 'match[]={domain="vm-00007"}'),
    ("/series", 'match[]={domain=~"vm-000.7"}'),
    ("/api/v1/series", ""),
    ("/api/v1/series", 'match[]={domain=~"vm-.*7"}'),
    ("/api/v1/outlook", ""),
    ("/api/v1/outlook", "format=csv"),
    ("/api/v1/outlook", "limit=1000"),
    ("/api/v1/anomalies", ""),
    ("/api/v1/resources", ""),
)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vms", type=int, nargs="+", default=[1_000], metavar="N")
    lines = [*HEAD]
    for vms in parser.parse_args().vms:
        view = fleet(vms)
        series = sum(len(each.states) for each in view.resources)
        pages = Pages(lambda view=view: view, 900, "/metrics", lambda: NOW + 40)  # type: ignore[misc]
        handlers = {route.path: route.handler for route in pages.routes()}
        for path, query in REQUESTS:
            took, cpu, size = _timed(handlers[path], Request(path, Query.parse(query)))
            asked = f"{path}?{query}" if query else path
            times = f"{median(took):.0f} | {max(took):.0f} | {median(cpu):.0f}"
            lines.append(f"| {vms} | {series} | `{asked}` | {times} | {size} |")
    sys.stdout.write("\n".join(lines) + "\n")


def _timed(handler: Handler, request: Request) -> tuple[list[float], list[float], int]:
    """Milliseconds of each try, those of the processor, and the kB of the answer."""
    took, cpu, size = [], [], 0
    for _ in range(TRIES):
        begin, begin_cpu = time.perf_counter(), time.thread_time()
        size = len(handler(request).body) // 1024
        took.append(1e3 * (time.perf_counter() - begin))
        cpu.append(1e3 * (time.thread_time() - begin_cpu))
    return took, cpu, size


if __name__ == "__main__":
    main()
