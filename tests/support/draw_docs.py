"""Draw the documentation's pictures of dashboards anew, from the recorded lab run while it is in trouble.

make docs-pictures FRONTEND=DIR
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from pathlib import Path

from compare_pictures import DASHBOARDS, OF_ONE, RECORDED, ROOT, VARIABLES, newest
from drawn_pages import Size, drawing
from filled_prometheus import filled

IMAGES = ROOT / "docs/images"
BEFORE = 320  # seconds before the end: a disk fills, a VM moves, two VMs are unusual
PAST = 290  # seconds that are drawn
WIDTH = 1440  # pixels
# Pixels of height of each picture: the page's upper part.
HEIGHTS = {"virtcast-fleet": 1000, "virtcast-insights": 860, "virtcast-migrations": 1180, "virtcast-vm": 1330}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--view", type=Path, required=True, help="../shared/grafana-view")
    parser.add_argument("--frontend", type=Path, required=True)
    given = parser.parse_args()
    openmetrics = gzip.decompress(RECORDED.read_bytes())
    at = newest(openmetrics) - BEFORE
    with (
        tempfile.TemporaryDirectory(prefix="virtcast-pictures-") as passing,
        filled(openmetrics, Path(passing)) as url,
        drawing(given.view, given.frontend, DASHBOARDS, url, at, scale=1) as pages,
    ):
        for name, height in HEIGHTS.items():
            values = {**VARIABLES, **OF_ONE.get(name, {})}
            pages.draw(name, PAST, values, IMAGES / f"{name}.png", size=Size(WIDTH, height))


if __name__ == "__main__":
    main()
