"""Prometheus evaluates the recording rules for the past, as docs/first-hour.md says."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import Program

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"(promtool tsdb create-blocks-from rules .*?\.rules\.yml)$", re.MULTILINE | re.DOTALL)


def command() -> list[str]:
    """The words of the command on the page."""
    found = COMMAND.search((ROOT / "docs/first-hour.md").read_text())
    assert found
    return shlex.split(found[1].replace("\\\n", " "))


def samples(begin: int, end: int) -> str:
    lines = []
    for name, value in (("capacity", 200), ("available", 50)):
        metric = f"libvirt_pool_info_{name}_bytes"
        lines.append(f"# TYPE {metric} gauge")
        lines += [f'{metric}{{instance="kvm1",pool="a"}} {value} {at}' for at in range(begin, end, 60)]
    return "\n".join((*lines, "# EOF", ""))


def test_recorded_series_are_made_for_the_past(
    prometheus_with: Callable[..., Program], tmp_path: Path
) -> None:
    end = int(time.time()) - 3600
    program = prometheus_with(samples(end - 3600, end))
    own = {
        "--url": program.url,
        "--start": str(end - 3000),
        "--end": str(end - 600),
        "--output-dir": str(tmp_path),
    }
    *given, rules = command()
    words = [f"{name}={own[name]}" if (name := each.partition("=")[0]) in own else each for each in given]
    assert {each.partition("=")[0] for each in given} >= own.keys()
    subprocess.run([*words, str(ROOT / "alert_rules" / Path(rules).name)], check=True, capture_output=True)
    (tmp_path / "wal").mkdir()  # promtool reads a whole database only
    (tmp_path / "data").mkdir()  # where some versions want to replay it, from the working directory
    words = ["promtool", "tsdb", "dump", str(tmp_path)]
    dump = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    made = [line for line in dump.splitlines() if '"pool:utilization:ratio"' in line]
    assert len(made) >= 2400 / 30
    assert all('provider="libvirt"' in line and "} 0.75 " in line for line in made)
