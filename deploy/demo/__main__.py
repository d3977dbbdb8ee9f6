"""The demo: real hosts, real guests and the whole stack.

    python -m demo              runs it; DEMO_SECONDS=N ends it N seconds after it is ready
    python -m demo start NAME   starts a program of the running demo that you have ended (libvirtd-host-a, …)

Exit status: 0 if no check failed (with DEMO_SECONDS: every check held), 1 if one did, 2 if it cannot run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live

from demo.checks import State, judge
from demo.evidence import Evidence, everything_known
from demo.guests import HOSTS, PARTS, STEADY
from demo.services import Processes
from demo.stack import NO_GRAFANA, Addresses, configure, services
from demo.story import Stage, Story
from demo.summary import Page, ServiceRow, clock, render
from forecaster.config import Backend
from forecaster.promql import Client
from lab import Lab, LabError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from demo.checks import Verdict
    from lab import Guest

PREFIX = "virtcast-demo-"
READY_SECONDS = 120
PLAIN_INTERVAL = 15  # seconds between summaries where there is no terminal
PLAIN_WIDTH = 140


@dataclass
class Demo:
    """Everything that runs."""

    stage: Stage
    processes: Processes
    evidence: Evidence
    story: Story
    ready_at: float
    ends_after: float | None
    notes: Sequence[str]

    def page(self) -> Page:
        """What the summary shows now."""
        verdicts = judge(self.evidence.seen(self.stage), HOSTS, STEADY)
        return Page(
            seconds=time.time() - self.ready_at,
            ends_after=self.ends_after,
            services=self._services(),
            guests=self.evidence.guests(),
            alerts=self.evidence.alerts(),
            acts=self.story.lines(clock),
            verdicts=verdicts,
            notes=self.notes,
        )

    def obey(self) -> None:
        """Start again what `python -m demo start NAME` asks for."""
        for request in (self.processes.run / "start").iterdir():
            request.unlink()
            for host in self.stage.lab.hosts:
                if request.name == f"libvirtd-{host.name}" and host.daemon_pid is None:
                    host.start_daemon()
            if request.name in self.processes.services:
                self.processes.start(self.processes.services[request.name])

    def _services(self) -> list[ServiceRow]:
        daemons = [
            ServiceRow(f"libvirtd-{host.name}", (pid := host.daemon_pid) is not None, pid, host.uri)
            for host in self.stage.lab.hosts
        ]
        programs = self.processes.services.values()
        return daemons + [
            ServiceRow(s.name, self.processes.is_up(s.name), self.processes.pid(s.name), s.url)
            for s in programs
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo", description="The demo of virtcast.", allow_abbrev=False)
    command = parser.add_subparsers(dest="command", metavar="COMMAND")
    start = command.add_parser("start", help="start a program of the running demo again that was ended")
    start.add_argument("name", metavar="NAME", help="as in the summary's first column")
    flags = parser.parse_args()
    if flags.command == "start":
        return ask_to_start(flags.name)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(_console(), ends_after())
    except KeyboardInterrupt:
        return 130
    except (LabError, OSError, TimeoutError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 2


def ends_after() -> float | None:
    """DEMO_SECONDS, if it is set. Raises LabError when it is no number."""
    text = os.environ.get("DEMO_SECONDS", "")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise LabError(f"DEMO_SECONDS must be a number of seconds, not {text!r}") from None


def ask_to_start(name: str) -> int:
    """Ask the newest running demo of this user to start one of its programs."""
    runs = sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*/start"), key=lambda path: path.stat().st_mtime)
    if not runs:
        sys.stderr.write("demo: no demo runs\n")
        return 2
    (runs[-1] / name).touch()
    return 0


def run(console: Console, seconds: float | None) -> int:
    """From nothing to the summary, and back to nothing."""
    began = time.monotonic()

    def progress(text: str) -> None:
        console.print(f"[{clock(time.monotonic() - began):>5}] {text}", markup=False)

    with ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "start").mkdir()
        progress(f"{len(HOSTS)} libvirt hosts (the guests' image is built first, once)")
        lab = cleanup.enter_context(Lab(hosts=len(HOSTS)))
        processes = Processes(folder)
        cleanup.callback(processes.stop)
        progress("the stack: exporters, Prometheus, Alertmanager, forecaster, receiver")
        addresses = Addresses.choose(lab.hosts)
        configure(folder, addresses, lab.hosts)
        for service in services(folder, addresses, lab.hosts):
            processes.start(service)
        progress(f"{len(PARTS)} guests boot")
        guests = {guest.name: guest for host in lab.hosts for guest in host.start_all(_of(host.name))}
        processes.wait_up()
        stage = Stage(lab, guests)
        client = Client(Backend(url=addresses.url["prometheus"], timeout=5, retries=0))
        evidence = Evidence(client, folder / "notifications.jsonl", time.time())
        progress("waiting for every guest's figures in Prometheus")
        wait_ready(evidence)
        progress("ready")
        notes = [
            f"Ctrl-C ends it. Logs: {folder}",
            *([] if "grafana" in processes.services else [NO_GRAFANA]),
        ]
        ready_at = time.time()
        evidence = Evidence(client, folder / "notifications.jsonl", ready_at)
        demo = Demo(stage, processes, evidence, Story(stage), ready_at, seconds, notes)
        verdicts = watch(console, demo)
        progress("ending the guests, the hosts and the stack")
    return conclude(console, verdicts, finished=seconds is not None)


def wait_ready(evidence: Evidence) -> None:
    """Wait until every guest's figures are there. Raises TimeoutError naming those that are not."""
    deadline = time.monotonic() + READY_SECONDS
    while not everything_known(evidence.guests()):
        if time.monotonic() > deadline:
            known = {row.guest for row in evidence.guests() if row.cpu is not None and row.memory is not None}
            absent = sorted({part.guest.name for part in PARTS} - known)
            raise TimeoutError(f"no figures in Prometheus of {', '.join(absent)}")
        time.sleep(0.5)


def watch(console: Console, demo: Demo) -> list[Verdict]:
    """Show the summary until the time is over or the user has seen enough; the last verdicts."""
    page = demo.page()
    printed = float(-PLAIN_INTERVAL)
    with Live(console=console, auto_refresh=False, transient=False) as live:
        try:
            while demo.ends_after is None or page.seconds < demo.ends_after:
                demo.story.advance(page.seconds)
                demo.obey()
                page = demo.page()
                if console.is_terminal:
                    live.update(render(page), refresh=True)
                elif page.seconds - printed >= PLAIN_INTERVAL:
                    printed = page.seconds
                    console.print(render(page))
                time.sleep(1)
        except KeyboardInterrupt:
            pass
        page = demo.page()
    return list(page.verdicts)


def conclude(console: Console, verdicts: Sequence[Verdict], *, finished: bool) -> int:
    """Say how every check ended. A check still pending fails a demo that ran its whole time."""
    for verdict in verdicts:
        console.print(f"{verdict.state.upper():<8} {verdict.claim}: {verdict.detail}", markup=False)
    bad = {State.FAILED, State.PENDING} if finished else {State.FAILED}
    return 1 if any(verdict.state in bad for verdict in verdicts) else 0


def _console() -> Console:
    """The terminal as it is; a log file is as wide as the summary needs."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def _of(host: str) -> list[Guest]:
    return [part.guest for part in PARTS if part.host == host]


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
