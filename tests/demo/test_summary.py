"""The summary shows what is known, and a dash for what is not."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from demo.checks import State, Verdict
from demo.summary import GuestRow, Page, ServiceRow, render


def text(page: Page) -> list[str]:
    out = StringIO()
    Console(file=out, width=140, highlight=False).print(render(page))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


PAGE = Page(
    seconds=75,
    ends_after=600,
    services=[
        ServiceRow("prometheus", up=True, pid=4711, url="http://127.0.0.1:9090"),
        ServiceRow("forecaster", up=False, pid=None, url="http://127.0.0.1:9178"),
    ],
    guests=[
        GuestRow("host-a", "db-1", "its disk fills", "running", 0.12, 0.34, 0.56, 0.7, 0.89, 125.0),
        GuestRow("host-b", "idle-1", "idle", "running", cpu=0.01),
        GuestRow("host-b", "web-3", "steady", "running", probability=0.04),
    ],
    alerts=["VmFilesystemExhaustionPredicted warning host-a db-1 /data"],
    acts=["1:30 db-1: its disk begins to fill"],
    issues=["host-a db-1: File system: full soon. Next: delete files"],
    verdicts=[Verdict("all 2 hosts are up", State.HELD, "host-a, host-b")],
)


def test_every_figure_in_its_column() -> None:
    lines = text(PAGE)
    assert lines[0] == "virtcast demo 1:15 of 10:00"
    assert "prometheus up pid 4711 http://127.0.0.1:9090" in lines
    assert "forecaster DOWN http://127.0.0.1:9178" in lines
    assert "host-a db-1 its disk fills running 12 % 0.7 34 % 56 % 89 % 2:05" in lines
    assert "host-b idle-1 idle running 1 % - - - - -" in lines
    assert "host-b web-3 steady running - - - - 4 % none in sight" in lines
    assert "alert VmFilesystemExhaustionPredicted warning host-a db-1 /data" in lines
    assert "issue host-a db-1: File system: full soon. Next: delete files" in lines
    assert "✓ all 2 hosts are up: host-a, host-b" in lines
