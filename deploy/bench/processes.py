"""Programs under measurement: a back end, a forecaster; what they take of memory and processor time."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import requests

from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

READY_SECONDS = 4 * 3600  # that anything may take
OFTEN, SELDOM = 0.5, 5.0  # seconds between two looks: to time what takes seconds, and what takes minutes


@contextlib.contextmanager
def running(run: Path, program: str, options: Mapping[str, Any], address: str) -> Iterator[str]:
    """A back end with these options (True: a flag alone, False: none) while the block lasts; its URL."""
    given = {name: value for name, value in options.items() if value is not False}
    flags = [f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items()]
    with (run / f"{program}.log").open("wb") as log:
        process = subprocess.Popen([program, *flags], stdout=log, stderr=log)
    try:
        until(process, lambda: text(f"http://{address}/-/ready") is not None)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def forecaster(run: Path, url: str, address: str = "") -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A forecaster by `virtcast.yml` in the folder, with saved state there; its process and its URL."""
    address = address or f"127.0.0.1:{free_port()}"
    given = {
        "config.file": run / "virtcast.yml",
        "prometheus.url": url,
        "state.dir": run / "state",
        "web.listen-address": address,
    }
    command = [
        sys.executable,
        "-m",
        "forecaster.cli",
        *(f"--{name}={value}" for name, value in given.items()),
    ]
    with (run / "forecaster.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process, f"http://{address}"
    finally:
        process.kill()
        process.wait(60)
        sys.stderr.write((run / "forecaster.log").read_text()[-4000:])


def until(process: subprocess.Popen[Any], holds: Callable[[], bool], pause: float = OFTEN) -> None:
    """Wait until something holds, while the program runs."""
    end = time.monotonic() + READY_SECONDS
    while not holds():
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("a program ended, or nothing came of it")
        time.sleep(pause)


def value(page: str, name: str) -> float:
    """NaN where the page at this address does not have the sample; the first one of the name."""
    found = re.search(rf"^{re.escape(name)}(?:\{{\S*)? (\S+)$", text(page) or "", re.MULTILINE)
    return float(found[1]) if found else float("nan")


def history(address: str) -> float:
    """The share of history that has been read, of the resource that is farthest back; asking costs little."""
    found = re.findall(r'"history_ratio": ?([\d.]+)', text(f"{address}/api/v1/resources") or "")
    return min(map(float, found), default=0.0)


def text(address: str) -> str | None:
    """What is at the address; None where nobody gives it."""
    try:
        answer = requests.get(address, timeout=120)
    except requests.RequestException:
        return None
    return answer.text if answer.ok else None


def memory(process: subprocess.Popen[bytes], what: str) -> float:
    """MiB of `VmRSS`, or of `VmHWM`, its peak."""
    found = re.search(rf"^{what}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time of all its threads."""
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)
