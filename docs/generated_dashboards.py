"""The catalogue of dashboards, written at each build from the descriptions in their committed JSON."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
DASHBOARDS = ROOT / "grafana/json"
# Those of the documentation, and smaller ones of all pages, with which pages drawn anew are compared.
PICTURES = (ROOT / "docs/images", ROOT / "tests/grafana/pictures")
HOME = "virtcast-fleet"
INTRODUCTION = """# Dashboards

What each page and each panel shows, and what to do about it, as Grafana has it behind the (i) beside a title.
`grafana/README.md` says how to install them. Pages stand in the order of the links on the first one.
"""


def write(folder: Path) -> None:
    """Write `dashboards.md` into the folder, the reference."""
    pages = [json.loads((DASHBOARDS / f"{uid}.json").read_text()) for uid in _order()]
    (folder / "dashboards.md").write_text(
        INTRODUCTION + "".join(text for page in pages for text in _page(page))
    )


def _order() -> list[str]:
    """The home page, and the others as it links to them."""
    home = json.loads((DASHBOARDS / f"{HOME}.json").read_text())
    linked = [re.split(r"[/?]", link["url"])[2] for link in home["links"]]
    return [HOME, *linked]


def _page(page: dict[str, Any]) -> Iterator[str]:
    yield f"\n## {page['title'].removeprefix('virtcast / ')}\n\n{page['description']}\n"
    every = (folder / f"{page['uid']}.png" for folder in PICTURES)
    picture = next((path for path in every if path.is_file()), None)
    if picture:
        path = os.path.relpath(picture, ROOT / "docs/reference")
        yield f"\n![{page['description']}]({path})\n"
    for panel in page["panels"]:
        if panel["type"] == "row":
            closed = " (closed until you open it)" if panel["collapsed"] else ""
            yield f"\n### {page['title'].removeprefix('virtcast / ')}: {panel['title']}{closed}\n"
            yield from map(_panel, panel["panels"])
        else:
            yield _panel(panel)


def _panel(panel: dict[str, Any]) -> str:
    text = re.sub(r"([<>])", r"\\\1", panel["description"])
    return f"\n**{panel['title'].replace('$', '')}**. {text}\n"
