"""How long `virtcast-forecaster report` takes for a fleet's month, from a real Prometheus.

    make bench-report                       # or: VMS=100 DAYS=7 make bench-report

A row a format, as Markdown: seconds until the document was there, processor time of the command and of
Prometheus, size. `--data` keeps the samples.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from fleet_history import prometheus, spent, write_named, write_now
from forecaster.view.rollups import TABLE
from rules_lint.queries import names, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backends import Program

FORMATS = ("html", "pdf", "csv", "json")


def read_names() -> set[str]:
    """The metrics of which a report reads the whole period."""
    return {name for kept in TABLE for name in names(parse(kept.query))}


def row(program: Program, form: str, days: int, folder: Path) -> str:
    """One report, as the cells of a table."""
    target, before, begun = folder / f"report.{form}", spent(program), time.monotonic()
    command = [sys.executable, "-m", "forecaster.cli", "report", f"--prometheus.url={program.url}"]
    with psutil.Popen(
        [*command, f"--format={form}", f"--since={days}d", f"--output={target}"], stderr=subprocess.DEVNULL
    ) as process:
        used = 0.0
        while process.poll() is None:
            times = process.cpu_times()
            used = max(used, times.user + times.system)
            time.sleep(0.2)
        assert process.returncode == 0, process.returncode
    took, size = time.monotonic() - begun, target.stat().st_size / 1024
    return f"| {form} | {took:.1f} | {used:.1f} | {spent(program) - before:.1f} | {size:.0f} KiB |"


def rows(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The table."""
    known = folder / "end"
    with prometheus(folder) as program:
        if not known.exists():
            end = int(time.time()) // 3600 * 3600
            written = write_named(
                program.url, (arguments.vms, arguments.hosts), end, arguments.days, read_names()
            )
            known.write_text(str(end))
            sys.stderr.write(f"{written / 1e6:.0f} million samples\n")
        end, now = int(known.read_text()), int(time.time())
        if end < now:  # what is asked for now must be there
            write_now(program.url, arguments.vms, arguments.hosts, end, now + 1200)
            known.write_text(str(now + 1200 - 1))
        yield "| format | seconds | processor time: report | Prometheus | size |"
        yield "|---|---:|---:|---:|---:|"
        for form in arguments.forms or FORMATS:
            yield row(program, form, arguments.days, folder)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vms", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--format", dest="forms", action="append", choices=FORMATS, help="only these")
    parser.add_argument("--data", type=Path, help="folder that keeps the samples")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = arguments.data or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        for line in rows(arguments, folder):
            print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
