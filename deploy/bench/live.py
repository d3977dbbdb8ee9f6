"""`python -m bench.live`: how soon an anomaly is seen with the profile `live`.

A real Prometheus with the scrape jobs and rules of `virtcast-forecaster rules --profile live`, a real
forecaster with deploy/config/forecaster/live.yml, and a target that counts the CPU time of VMs as an exporter
does. One VM after the other uses more than it ever did. The time runs from the scrape that brings the first
sample of it to the first answer of Prometheus in which the score is 1 or more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import requests
import yaml

from bench.backfill import write
from bench.processes import forecaster, running, until, value
from bench.stores import DAY, SPAN, STEP
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = Path(__file__).parents[1] / "config" / "forecaster" / "live.yml"
USUAL = 0.3  # share of its CPU that a VM uses
NOISE = 0.02  # standard deviation of a VM's use
# Seconds of an anomaly, between two beginnings, between two looks. They begin at all phases of a scrape.
LASTS, APART, POLL = 20.0, 2.3, 0.1
LOOK_SECONDS = 60.0  # after which an anomaly is missed
JUDGED = 'virtcast_fast_last_success_timestamp_seconds{resource="vm_cpu"}'
SCRAPED = "virtcast-fast"  # the job of the fast scores
FAST = 'virtcast_fast_anomaly_score{resource="vm_cpu"} >= 1'
SLOW = 'virtcast_anomaly_score{resource="vm_cpu"} >= 1'  # of the steps


class Vms:
    """What the target counts. `seen` is when a first sample with some of a VM's higher use was given."""

    def __init__(self, names: list[str], high: float) -> None:
        self.names, self.seen = names, dict[str, float]()
        self._share, self._high = high, set[str]()
        self._rng, self._used, self._noise = np.random.default_rng(3), *np.zeros((2, len(names)))
        self._last, self._lock = time.time(), threading.Lock()

    def use_more(self, high: set[str]) -> None:
        """From now on these do, and no others."""
        with self._lock:
            self._count()
            self._high = set(high)

    def page(self) -> str:
        """The samples of a scrape."""
        with self._lock:
            self._count()
            self._noise = self._rng.normal(0, NOISE, len(self.names))  # until the next scrape
            for name in self._high:
                self.seen.setdefault(name, self._last)
            rows = zip(self.names, self._used.tolist(), strict=True)
            return "".join(
                f'libvirt_domain_info_cpu_time_seconds_total{{domain="{name}"}} {used:.6f}\n'
                f'libvirt_domain_info_virtual_cpus{{domain="{name}"}} 1\n'
                f'libvirt_domain_state{{domain="{name}",state="running"}} 1\n'
                for name, used in rows
            )

    def _count(self) -> None:
        """Each VM has used its share of the time since it was last counted."""
        now = time.time()
        level = np.array([self._share if name in self._high else USUAL for name in self.names])
        use = np.clip(level + self._noise, 0, 1)
        self._used += use * (now - self._last)
        self._last = now


class Alarms:
    """Counts VMs whose score comes to 1 or more, and the moments at which one does."""

    def __init__(self) -> None:
        self.count, self.moments, self._flagged = 0, 0, set[str]()

    def see(self, flagged: set[str]) -> None:
        """Those of now."""
        new = flagged - self._flagged
        self.count, self.moments, self._flagged = self.count + len(new), self.moments + bool(new), flagged


def main() -> int:
    """Measure and print."""
    flags = _parser().parse_args()
    names = [f"vm{number:03}" for number in range(flags.anomalies + flags.quiet)]
    with tempfile.TemporaryDirectory(prefix="virtcast-bench-") as folder:
        measured = _measured(Path(folder), names, flags)
    sys.stdout.write(f"{json.dumps(measured, indent=1)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    made.add_argument("--anomalies", type=int, default=100)
    made.add_argument("--quiet", type=int, default=50, help="VMs that stay as they are (default %(default)s)")
    made.add_argument("--days", type=int, default=3, help="history of each VM (default %(default)s)")
    made.add_argument("--high", type=float, default=0.95, help="what anomalies use (default %(default)s)")
    made.add_argument("--push", action="store_true", help="scores by remote write, instead of scraped ones")
    return made


def _measured(run: Path, names: list[str], flags: argparse.Namespace) -> dict[str, float]:
    _fill(run, names, flags.days)
    vms = Vms(names, flags.high)
    with (
        _target(vms) as target,
        _prometheus(run, target, push=flags.push) as (url, web),
    ):
        push = f"prometheus: {{remote_write: {url}/api/v1/write}}\n" if flags.push else ""
        (run / "virtcast.yml").write_text(f"lookback: {flags.days}d\n{push}{CONFIG.read_text()}")
        with forecaster(run, url, web) as (process, page):
            until(process, lambda: value(f"{page}/metrics/fast", JUDGED) > 0)
            return _injected(url, vms, flags.anomalies)


def _injected(url: str, vms: Vms, anomalies: int) -> dict[str, float]:
    """One anomaly after the other; what was seen of them, and of VMs that stayed as they were."""
    begun, ends, found = dict[str, float](), dict[str, float](), dict[str, float]()
    quiet = set(vms.names[anomalies:])
    fast, slow = Alarms(), Alarms()
    start, todo = time.time(), list(vms.names[:anomalies])
    while todo or any(name not in found and time.time() - at < LOOK_SECONDS for name, at in begun.items()):
        now = time.time()
        if todo and now >= max(begun.values(), default=0.0) + APART:
            name = todo.pop(0)
            begun[name], ends[name] = now, now + LASTS
        vms.use_more({name for name, at in ends.items() if at >= now})
        present = _present(url, FAST)
        for name in present & begun.keys():
            found.setdefault(name, time.time())
        fast.see(present & quiet)
        slow.see(_present(url, SLOW) & quiet)
        time.sleep(POLL)
    took = sorted(at - vms.seen[name] for name, at in found.items())
    hours = (time.time() - start) * (len(vms.names) - anomalies) / 3600
    return {
        "anomalies": anomalies,
        "seen": len(took),
        "p50_s": round(statistics.median(took), 2),
        "p95_s": round(took[min(len(took) - 1, int(0.95 * len(took)))], 2),
        "longest_s": round(took[-1], 2),
        "false_alarms": fast.count,
        "at_so_many_moments": fast.moments,
        "false_alarms_of_the_steps": slow.count,
        "quiet_vm_hours": round(hours, 2),
    }


def _present(url: str, query: str) -> set[str]:
    """The VMs whose score is 1 or more."""
    answer = requests.get(f"{url}/api/v1/query", params={"query": query}, timeout=10).json()
    return {each["metric"]["domain"] for each in answer["data"]["result"]}


@contextlib.contextmanager
def _target(vms: Vms) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = vms.page().encode() if self.path == "/metrics" else b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # a scrape that took too long
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _fill(run: Path, names: list[str], days: int) -> None:
    """The past of all VMs: as they are now."""
    address = f"127.0.0.1:{free_port()}"
    (run / "empty.yml").write_text("{}")
    options = {**_options(run / "empty.yml", run / "data", address), "web.enable-remote-write-receiver": True}
    now, rng = int(time.time()), np.random.default_rng(4)
    at = np.arange((now - days * DAY) // STEP * STEP, now - 60, STEP)
    shapes = USUAL + rng.normal(0, NOISE, (len(names), len(at)))
    labels = {"__name__": "vm:cpu_utilization:ratio", "provider": "libvirt", "instance": "h1"}
    with running(run, "prometheus", options, address) as url:
        write(url, [{**labels, "domain": name} for name in names], at, shapes, SPAN)


@contextlib.contextmanager
def _prometheus(run: Path, target: str, *, push: bool) -> Iterator[tuple[str, str]]:
    """Its URL, and the address at which it expects the forecaster; with `push` it takes scores and scrapes
    none.
    """
    rendered, targets, web = run / "rules", run / "rules" / "targets", f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "forecaster.cli", "rules", "--profile=live", f"--output={rendered}"]
    subprocess.run(command, check=True)
    for file in targets.iterdir():
        file.write_text("[]\n")  # nothing but these two
    (targets / "libvirt.yml").write_text(f"[{{targets: ['{target}'], labels: {{instance: h1}}}}]")
    (targets / "virtcast.yml").write_text(f"[{{targets: ['{web}']}}]")
    address = f"127.0.0.1:{free_port()}"
    config = rendered / "prometheus.yml"
    options = {**_options(config, run / "data", address), "web.enable-remote-write-receiver": push}
    if push:
        jobs = yaml.safe_load(config.read_text())
        jobs["scrape_configs"] = [each for each in jobs["scrape_configs"] if each["job_name"] != SCRAPED]
        config.write_text(yaml.safe_dump(jobs))
    with running(run, "prometheus", options, address) as url:
        yield url, web


def _options(config: Path, data: Path, address: str) -> dict[str, object]:
    return {"config.file": config, "storage.tsdb.path": data, "web.listen-address": address}


if __name__ == "__main__":
    sys.exit(main())
