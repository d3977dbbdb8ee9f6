"""The live summary: plain values in, a terminal page out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from demo.checks import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from demo.checks import Verdict

MARK = {State.HELD: ("✓", "green"), State.FAILED: ("✗", "red"), State.PENDING: ("…", "yellow")}


@dataclass(frozen=True, slots=True)
class GuestRow:
    """One guest as Prometheus has it; None is what nobody knows."""

    host: str
    guest: str
    role: str
    state: str = ""
    cpu: float | None = None
    memory: float | None = None
    filesystem: float | None = None
    anomaly: float | None = None
    probability: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One program of the stack."""

    name: str
    up: bool
    pid: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the summary shows at one moment."""

    seconds: float
    ends_after: float | None
    services: Sequence[ServiceRow]
    guests: Sequence[GuestRow]
    alerts: Sequence[str]
    acts: Sequence[str]
    verdicts: Sequence[Verdict]
    notes: Sequence[str] = field(default_factory=tuple)
    issues: Sequence[str] = field(default_factory=tuple)  # what to look at first


def render(page: Page) -> RenderableType:
    """The page as rich draws it, on a terminal or as plain text."""
    ends = f" of {clock(page.ends_after)}" if page.ends_after else ""
    return Group(
        Text(f"virtcast demo  {clock(page.seconds)}{ends}", style="bold"),
        _services(page.services),
        _guests(page.guests),
        *[Text(f"alert  {line}", style="red") for line in page.alerts or ()],
        *[Text(f"issue  {line}", style="yellow") for line in page.issues],
        *[Text(f"story  {line}") for line in page.acts],
        *[_verdict(verdict) for verdict in page.verdicts],
        *[Text(note, style="dim") for note in page.notes],
    )


def clock(seconds: float) -> str:
    """Minutes and seconds, as on a clock."""
    return f"{int(seconds) // 60:d}:{int(seconds) % 60:02d}"


def percent(value: float | None) -> str:
    """A ratio in percent; a dash where nothing is known."""
    return "-" if value is None else f"{100 * value:.0f} %"


def number(value: float | None) -> str:
    """A score; a dash where nothing is known."""
    return "-" if value is None else f"{value:.1f}"


def left(seconds: float | None, *, known: bool) -> str:
    """Time left; a dash where nothing is `known` of it."""
    if seconds is None:
        return "none in sight" if known else "-"
    return clock(max(0.0, seconds))


def _services(rows: Sequence[ServiceRow]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for row in rows:
        state = Text("up", style="green") if row.up else Text("DOWN", style="bold red")
        table.add_row(row.name, state, f"pid {row.pid}" if row.pid else "", row.url)
    return table


GUEST_COLUMNS = ("host", "guest", "role", "state", "cpu", "score", "memory", "disk", "P(full)", "left")


def _guests(rows: Sequence[GuestRow]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for position, name in enumerate(GUEST_COLUMNS):
        table.add_column(name, justify="left" if position < 4 else "right")
    for row in rows:
        score = Text(number(row.anomaly), style="red" if (row.anomaly or 0) >= 1 else "")
        chance = Text(percent(row.probability), style="red" if (row.probability or 0) >= 0.5 else "")
        figures = (percent(row.cpu), score, percent(row.memory), percent(row.filesystem), chance)
        time_left = left(row.seconds_left, known=row.probability is not None)
        table.add_row(row.host, row.guest, row.role, row.state, *figures, time_left)
    return table


def _verdict(verdict: Verdict) -> Text:
    mark, style = MARK[verdict.state]
    return Text(f"{mark} {verdict.claim}: {verdict.detail}", style=style)
