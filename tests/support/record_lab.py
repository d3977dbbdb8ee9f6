"""Record what the dashboards read, from the Prometheus of a running lab or demo.

python tests/support/record_lab.py http://127.0.0.1:9090 --output tests/grafana/recorded/lab.om.gz

The file is OpenMetrics text with times, as `promtool tsdb create-blocks-from openmetrics` takes it: every
series of every metric that a dashboard names. Aggregates whose rules were not evaluated within the time are
asked by their expression. `--end` is a Unix time in the past. `record_run.py` starts a lab for it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from alert_rules.aggregates import WINDOWS, rules
from dashboards import expressions, filled_in
from rules_lint.queries import names, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

DASHBOARDS = Path(__file__).resolve().parents[2] / "grafana/json"
STEP = 20  # seconds; a migration in the lab takes about as long
AGGREGATES = {rule.record: rule.expr for window in WINDOWS for rule in rules(window)}


def named() -> list[str]:
    """The metrics that the dashboards name."""
    pages = [json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))]
    found = {name for page in pages for each in expressions(page) for name in names(parse(filled_in(each)))}
    return sorted(found)


def answered(url: str, expression: str, start: int, end: int) -> list[dict[str, Any]]:
    """The expression's series over the time, one sample a step."""
    asked: dict[str, str | int] = {"query": expression, "start": start, "end": end, "step": STEP}
    answer = requests.get(f"{url}/api/v1/query_range", params=asked, timeout=60)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def series(url: str, metric: str, start: int, end: int) -> list[dict[str, Any]]:
    """The metric's series; of an aggregate that is not recorded so often, what its rule would give."""
    found = answered(url, metric, start, end)
    if metric in AGGREGATES and not found:
        return answered(url, AGGREGATES[metric], start, end)
    return found


def lines(name: str, found: list[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        labels = {label: value for label, value in each["metric"].items() if label != "__name__"}
        text = ",".join(f"{label}={json.dumps(value, ensure_ascii=False)}" for label, value in labels.items())
        yield from (f"{name}{{{text}}} {value} {at}" for at, value in each["values"])


def record(url: str, end: int, minutes: int) -> bytes:
    """The minutes before `end`, compressed."""
    end = end // STEP * STEP
    found = {metric: series(url, metric, end - 60 * minutes, end) for metric in named()}
    text = "\n".join(line for metric, each in found.items() for line in lines(metric, each))
    return gzip.compress(f"{text}\n# EOF\n".encode(), 9, mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--end", type=int, default=int(time.time()))
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    given.output.write_bytes(record(given.url, given.end, given.minutes))


if __name__ == "__main__":
    main()
