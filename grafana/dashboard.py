"""From a page to Grafana's dashboard: head, grid, and JSON that decodes to itself."""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard, DashboardCursorSync, GridPos, Panel, RowPanel

from grafana.links import uid
from grafana.variables import carried, datasource, filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grafana.links import Link
    from grafana.page import Band, Page, Section
    from grafana.profile import Profile
    from grafana.variables import Variable

PAGE_WIDTH = 24  # Grafana's grid


def built(page: Page, links: Iterable[Link], profile: Profile) -> Dashboard:
    """The page with these links in its head. ValueError where two panels or variables have one id."""
    made = (
        builders.Dashboard(f"virtcast / {page.title}")
        .uid(uid(page.name))
        .description(page.about)
        .tags(list(page.tags))
        .time(f"now-{profile.past}", f"now+{profile.ahead}" if page.forecasts else "now")
        .refresh(profile.refresh)
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables([datasource(), *(variable.build() for variable in variables_of(page)), filters()])
        .annotations(list(page.marks))
    )
    for link in links:
        made.link(link.build())
    dashboard = made.build()
    dashboard.panels = place(page.sections)
    _unique(page, "panels", [panel.id_val for panel in every(dashboard.panels)])
    _unique(page, "variables", [variable.name for variable in variables_of(page)])
    return dashboard


def variables_of(page: Page) -> list[Variable]:
    """Its own, and hidden ones for what else links carry along."""
    own = {each.name for each in page.variables}
    return [*page.variables, *(replace(each, hidden=True) for each in carried() if each.name not in own)]


def every(panels: Iterable[Panel | RowPanel]) -> Iterator[Panel | RowPanel]:
    """All panels and rows, those inside folded rows, too."""
    for panel in panels:
        yield panel
        if isinstance(panel, RowPanel):
            yield from panel.panels


def _unique(page: Page, kind: str, ids: Sequence[int | str | None]) -> None:
    if repeated := sorted({str(each) for each in ids if ids.count(each) > 1}):
        raise ValueError(f"{page.name}: {kind} that stand there twice: {', '.join(repeated)}")


def place(sections: Iterable[Section]) -> list[Panel | RowPanel]:
    """The panels of all sections with their positions on the grid."""
    placed: list[Panel | RowPanel] = []
    y = 0
    for section in sections:
        row = _row(section, y)
        placed += [row] if row else []
        y += 1 if row else 0
        panels, below = _stacked(section.bands, y)
        if row and section.rare:
            row.panels = panels
        else:
            placed += panels
            y = below
    return placed


def _row(section: Section, y: int) -> RowPanel | None:
    if not section.title:
        return None
    position = GridPos(h=1, w=PAGE_WIDTH, x=0, y=y)
    return RowPanel(
        title=section.title, id_val=section.id, grid_pos=position, collapsed=section.rare, panels=[]
    )


def _stacked(bands: Iterable[Band], y: int) -> tuple[list[Panel], int]:
    """The panels of these bands from y on, and where they end."""
    panels: list[Panel] = []
    for band in bands:
        panels += _side_by_side(band, y)
        y += band.height
    return panels, y


def _side_by_side(band: Band, y: int) -> list[Panel]:
    x, panels = 0, []
    for placed, width in zip(band.panels, _widths(band), strict=True):
        panel = placed.panel.build()
        panel.id_val = placed.id
        panel.grid_pos = GridPos(h=band.height, w=width, x=x, y=y)
        panels.append(panel)
        x += width
    return panels


def _widths(band: Band) -> list[int]:
    """Widths that fill the page."""
    widths = [placed.width for placed in band.panels]
    rest, sharing = PAGE_WIDTH - sum(widths), widths.count(0)
    if rest < sharing or (rest and not sharing):
        raise ValueError(f"a band of panels is not {PAGE_WIDTH} wide: {widths}")
    shares = iter([rest * (n + 1) // sharing - rest * n // sharing for n in range(sharing)])
    return [width or next(shares) for width in widths]


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
