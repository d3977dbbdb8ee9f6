"""From sections of panels to a dashboard: positions, rows and the encode, decode, encode check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard, DashboardCursorSync, GridPos, Panel, RowPanel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grafana_foundation_sdk.cog.builder import Builder

    from grafana.profile import Profile

PAGE_WIDTH = 24
Placed = tuple["Builder[Panel]", int]


@dataclass(frozen=True)
class Band:
    """Panels side by side, with their widths (24 fill the page), all of one height."""

    height: int
    panels: Sequence[Placed]


@dataclass(frozen=True)
class Section:
    """A titled row of the page (untitled: no row) and the bands of panels under it."""

    title: str
    number: int
    bands: Sequence[Band]


def page(name: str, uid: str, about: str, profile: Profile, *, until: str) -> builders.Dashboard:
    """A page as all of ours are; `until` is the end of the time it shows."""
    return (
        builders.Dashboard(f"virtcast / {name}")
        .uid(uid)
        .description(about)
        .tags(["virtcast", "libvirt"])
        .time(f"now-{profile.past}", until)
        .refresh(profile.refresh)
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
    )


def place(sections: Iterable[Section]) -> list[Panel | RowPanel]:
    """The panels of all sections with their positions on the grid."""
    placed: list[Panel | RowPanel] = []
    y = 0
    for section in sections:
        if section.title:
            position = GridPos(h=1, w=PAGE_WIDTH, x=0, y=y)
            placed.append(RowPanel(title=section.title, id_val=section.number, grid_pos=position, panels=[]))
            y += 1
        for band in section.bands:
            placed += _side_by_side(band, y)
            y += band.height
    return placed


def _side_by_side(band: Band, y: int) -> list[Panel]:
    if sum(width for _, width in band.panels) != PAGE_WIDTH:
        raise ValueError(f"a band of panels is not {PAGE_WIDTH} wide: {[width for _, width in band.panels]}")
    x, panels = 0, []
    for builder, width in band.panels:
        panel = builder.build()
        panel.grid_pos = GridPos(h=band.height, w=width, x=x, y=y)
        panels.append(panel)
        x += width
    return panels


def encode(dashboard: Dashboard) -> str:
    """The dashboard's JSON; ValueError where decoding loses keys, as it loses those without a schema."""
    register_default_plugins()
    text = _dump(dashboard)
    again = _dump(Dashboard.from_json(json.loads(text)))
    if again != text:
        changed = [
            line for line in unified_diff(text.splitlines(), again.splitlines(), n=0) if line[1:].strip()
        ]
        raise ValueError(f"{dashboard.uid} is not what the dashboard schema reads from it: {changed[2:]}")
    return text


def _dump(value: Any) -> str:
    return json.dumps(value, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
