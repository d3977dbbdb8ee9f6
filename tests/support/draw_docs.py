"""Draw the documentation's pictures of dashboards anew, from the recorded lab run while it is in trouble.

make docs-pictures FRONTEND=DIR
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from pathlib import Path
from typing import NamedTuple

from compare_pictures import DASHBOARDS, OF_ONE, RECORDED, ROOT, VARIABLES, newest
from drawn_pages import Size, drawing
from filled_prometheus import filled

IMAGES = ROOT / "docs/images"
PAST = 290  # seconds that are drawn
AHEAD = 60  # the same past now: what was forecast farther ahead was so before the disk began to fill
WIDTH = 1440  # pixels


class Shown(NamedTuple):
    """The upper part of a page: pixels of height, and seconds before the record's end."""

    height: int
    before: int


PAGES = {
    "virtcast-fleet": Shown(1320, 320),  # a disk fills, a VM moves, two VMs are unusual
    "virtcast-insights": Shown(1400, 320),
    "virtcast-migrations": Shown(1560, 320),
    "virtcast-vm": Shown(1690, 350),  # the disk is half full
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--view", type=Path, required=True, help="../shared/grafana-view")
    parser.add_argument("--frontend", type=Path, required=True)
    given = parser.parse_args()
    openmetrics = gzip.decompress(RECORDED.read_bytes())
    for name, shown in PAGES.items():
        at = newest(openmetrics) - shown.before
        with (
            tempfile.TemporaryDirectory(prefix="virtcast-pictures-") as passing,
            filled(until(openmetrics, at), Path(passing)) as url,
            drawing(given.view, given.frontend, DASHBOARDS, url, at, scale=1) as pages,
        ):
            values = {**VARIABLES, **OF_ONE.get(name, {})}
            pages.draw(
                name, PAST, values, IMAGES / f"{name}.png", size=Size(WIDTH, shown.height), ahead=AHEAD
            )


def until(openmetrics: bytes, at: int) -> bytes:
    """What was known then: beside a forecast stands nothing that came later."""
    lines = openmetrics.splitlines(keepends=True)
    return b"".join(line for line in lines if line[:1] == b"#" or float(line.rsplit(b" ", 1)[1]) <= at)


if __name__ == "__main__":
    main()
