"""What the evaluation of the rules costs a Prometheus that has a fleet, by how often it happens.

    PYTHONPATH=.:deploy:tests/support python tests/bench/time_rules.py --vms 500

A row for each interval: rules, processor time of one evaluation of all of them, and what that is of one CPU.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import yaml

from fleet_history import filled, spent
from forecaster.config.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backends import Program

RULES = Path(__file__).resolve().parents[2] / "alert_rules"
FILES = ("alerts.rules.yml", "recording.rules.yml")
TIMES = 10  # evaluations of each rule


def by_interval() -> dict[tuple[str, str], list[str]]:
    """The expressions of the rules by their file and interval."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in FILES:
        for group in yaml.safe_load((RULES / name).read_text())["groups"]:
            expressions = [rule["expr"] for rule in group["rules"]]
            found.setdefault((name, group["interval"]), []).extend(expressions)
    return found


def cost(prometheus: Program, expressions: list[str], at: int) -> float:
    """Seconds of processor time that one evaluation of all takes."""
    before = spent(prometheus)
    with requests.Session() as session:
        for _ in range(TIMES):
            for each in expressions:
                query = {"query": each, "time": str(at)}
                session.post(f"{prometheus.url}/api/v1/query", query, timeout=60).raise_for_status()
    return (spent(prometheus) - before) / TIMES


def table(prometheus: Program, end: int) -> Iterator[str]:
    yield "| file | interval | rules | CPU time of an evaluation | of one CPU |"
    yield "|---|---|---|---|---|"
    for (name, interval), expressions in by_interval().items():
        took = cost(prometheus, expressions, end)
        share = took / seconds(interval)
        yield f"| {name} | {interval} | {len(expressions)} | {took * 1000:.0f} ms | {share:.2%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vms", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=20)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="virtcast-rules-") as folder,
        filled(Path(folder), given.vms, given.hosts, 0) as (program, end),
    ):
        for line in table(program, end):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
