"""Sphinx configuration: `make docs` builds the documentation and treats every warning as an error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

import generated_dashboards
import generated_pages
import generated_pictures

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "virtcast"
author = "the virtcast authors"
project_copyright = author
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "virtcast"
html_show_sphinx = False
myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "colon_fence"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # Pygments' PromQL does not know names with colons


def setup(app: Sphinx) -> None:
    """Write the generated pages and pictures before Sphinx reads the folder."""
    docs = Path(__file__).parent
    app.connect("builder-inited", lambda _app: generated_pages.write(docs / "reference"))
    app.connect("builder-inited", lambda _app: generated_dashboards.write(docs / "reference"))
    app.connect("builder-inited", lambda _app: generated_pictures.write(docs / "engine"))
