"""The show: everything is started, watched until the time is over, judged, and ended."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.live import Live

from demo.checks import State, judge
from demo.crash import kill_and_start
from demo.evidence import Evidence, everything_known
from demo.guests import HOSTS, PARTS, STEADY
from demo.services import Processes
from demo.stack import NO_GRAFANA, Addresses, configure, services
from demo.story import Stage, Story
from demo.summary import Page, ServiceRow, clock, render
from forecaster.config.model import Backend
from forecaster.promql.client import Client
from lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from demo.checks import Verdict
    from lab import RunningGuest

PREFIX = "virtcast-demo-"  # of the folder with configuration, logs and requests
REQUESTS = "start"
READY_SECONDS = 120
PLAIN_INTERVAL = 15  # seconds between summaries where there is no terminal


@dataclass
class Demo:
    """Everything that runs."""

    stage: Stage
    processes: Processes
    evidence: Evidence
    story: Story
    ends_after: float | None
    notes: Sequence[str]

    def page(self) -> Page:
        """What the summary shows now."""
        return Page(
            seconds=time.time() - self.evidence.ready_at,
            ends_after=self.ends_after,
            services=self._services(),
            guests=self.evidence.guests(),
            alerts=self.evidence.alerts(),
            issues=self.evidence.issues(),
            acts=self.story.lines(clock),
            verdicts=judge(self.evidence.seen(self.stage), HOSTS, STEADY),
            notes=self.notes,
        )

    def obey(self) -> None:
        """Start again what `python -m demo start NAME` asks for."""
        for request in (self.processes.run / REQUESTS).iterdir():
            request.unlink()
            for host in self.stage.lab.hosts:
                if request.name == f"libvirtd-{host.name}" and host.daemon_pid is None:
                    host.start_daemon()
            if request.name in self.processes.services:
                self.processes.start(self.processes.services[request.name])

    def _services(self) -> list[ServiceRow]:
        daemons = [(host, host.daemon_pid) for host in self.stage.lab.hosts]
        rows = [ServiceRow(f"libvirtd-{host.name}", pid is not None, pid, host.uri) for host, pid in daemons]
        for service in self.processes.services.values():
            up, pid = self.processes.is_up(service.name), self.processes.pid(service.name)
            rows.append(ServiceRow(service.name, up, pid, service.url))
        return rows


def run(console: Console, seconds: float | None) -> int:
    """From nothing to the verdicts, and back to nothing; the exit status."""
    began = time.monotonic()

    def progress(text: str) -> None:
        console.print(f"[{clock(time.monotonic() - began):>5}] {text}", markup=False)

    with ExitStack() as cleanup:
        demo = set_up(cleanup, progress, seconds)
        progress("ready")
        verdicts = watch(console, demo)
        progress("ending the guests, the hosts and the stack")
    return conclude(console, verdicts, finished=seconds is not None)


def set_up(cleanup: ExitStack, progress: Callable[[str], None], seconds: float | None) -> Demo:
    """Start the hosts, the guests and the stack; it comes last, for booting is nobody's normal behaviour."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / REQUESTS).mkdir()
    progress(f"{len(HOSTS)} libvirt hosts (the guests' image is built first, once)")
    lab = cleanup.enter_context(Lab(hosts=len(HOSTS)))
    progress(f"{len(PARTS)} guests boot")
    guests = boot(lab)
    progress("the stack: exporters, Prometheus, Alertmanager, forecaster, receiver")
    processes = Processes(folder)
    cleanup.callback(processes.stop)
    addresses = Addresses.choose(lab.hosts)
    configure(folder, addresses, lab.hosts)
    for service in services(folder, addresses, lab.hosts):
        processes.start(service)
    processes.wait_up()
    client = Client(Backend(url=addresses.url["prometheus"], timeout=5, retries=0))
    cleanup.callback(client.close)
    inbox = folder / "notifications.jsonl"
    progress("waiting for every guest's figures in Prometheus")
    wait_ready(Evidence(client, inbox, time.time()))
    notes = [*lab.shortcomings, f"Ctrl-C ends it. Logs: {folder}"]
    if "grafana" not in processes.services:
        notes.append(NO_GRAFANA)
    stage = Stage(lab, guests, lambda: kill_and_start(processes))
    evidence = Evidence(client, inbox, time.time(), addresses.url["forecaster"])
    return Demo(stage, processes, evidence, Story(stage), seconds, notes)


def boot(lab: Lab) -> dict[str, RunningGuest]:
    """Every guest on its host, by name."""
    running = {}
    for host in lab.hosts:
        for guest in host.start_all(part.guest for part in PARTS if part.host == host.name):
            running[guest.name] = guest
    return running


def wait_ready(evidence: Evidence) -> None:
    """Wait until every guest's figures are there. Raises TimeoutError naming those that are not."""
    deadline = time.monotonic() + READY_SECONDS
    while not everything_known(rows := evidence.guests()):
        if time.monotonic() > deadline:
            known = {row.guest for row in rows if row.cpu is not None and row.memory is not None}
            absent = sorted({part.guest.name for part in PARTS} - known)
            raise TimeoutError(f"no figures in Prometheus of {', '.join(absent)}")
        time.sleep(0.5)


def watch(console: Console, demo: Demo) -> list[Verdict]:
    """Show the summary until the time is over or the user has seen enough; the last verdicts."""
    page = demo.page()
    printed = float(-PLAIN_INTERVAL)
    with Live(console=console, auto_refresh=False) as live:
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
    return list(demo.page().verdicts)


def conclude(console: Console, verdicts: Sequence[Verdict], *, finished: bool) -> int:
    """Say how every check ended. A check still pending fails a demo that ran its whole time."""
    for verdict in verdicts:
        console.print(f"{verdict.state.upper():<8} {verdict.claim}: {verdict.detail}", markup=False)
    bad = {State.FAILED, State.PENDING} if finished else {State.FAILED}
    return 1 if any(verdict.state in bad for verdict in verdicts) else 0
