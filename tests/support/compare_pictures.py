"""Draw every dashboard from the recorded lab run, and compare it with its committed picture.

    make compare-pictures FRONTEND=DIR [RENEW=1]

A page whose picture differs by more than is tolerated is named, with the place, and its picture is kept in
dist/pictures. `--renew` writes the committed pictures instead.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from pathlib import Path

import numpy as np

from drawn_pages import drawing
from filled_prometheus import filled
from picture import CELL, TOLERATED, changed, is_another, read

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "grafana/json"
PICTURES = ROOT / "tests/grafana/pictures"
RECORDED = ROOT / "tests/grafana/recorded/lab.om.gz"
NEW = ROOT / "dist/pictures"
PAST = 600  # seconds: all that is recorded
VARIABLES = {"horizon": "5m", "ahead": "5m"}  # those of the demo, in which the run was recorded
OF_ONE = {
    "virtcast-host": {"instance": "host-a"},
    "virtcast-vm": {"domain": "db-1", "instance": "$__all"},
}
NO_FRONT_END = (
    "no front end of Grafana in {}: fetch the repository awaleilmo/grafana, then\n"
    "    {}/extract-frontend.sh GIT_DIR {}\n"
)


def newest(openmetrics: bytes) -> int:
    """The time of the newest sample."""
    return max(int(line.rsplit(b" ", 1)[1]) for line in openmetrics.splitlines() if not line.startswith(b"#"))


def drawn(view: Path, frontend: Path, folder: Path) -> None:
    """All pages, as PNG files in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    openmetrics = gzip.decompress(RECORDED.read_bytes())
    with (
        tempfile.TemporaryDirectory(prefix="virtcast-pictures-") as passing,
        filled(openmetrics, Path(passing)) as url,
        drawing(view, frontend, DASHBOARDS, url, newest(openmetrics)) as pages,
    ):
        for path in sorted(DASHBOARDS.glob("*.json")):
            values = {**VARIABLES, **OF_ONE.get(path.stem, {})}
            pages.draw(path.stem, PAST, values, folder / f"{path.stem}.png")


def difference(before: Path, now: Path) -> str:
    """What differs more than is tolerated; nothing if nothing does."""
    if not before.exists():
        return "has no committed picture: RENEW=1"
    old, new = read(before.read_bytes()), read(now.read_bytes())
    if not is_another(old, new):
        return ""
    cells = changed(old, new)
    (top, left), (bottom, right) = np.argwhere(cells).min(axis=0), np.argwhere(cells).max(axis=0) + 1
    return (
        f"{cells.sum()} of {cells.size} cells differ ({TOLERATED} are tolerated), "
        f"x {left * CELL} to {right * CELL}, y {top * CELL} to {bottom * CELL}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--view", type=Path, required=True, help="../shared/grafana-view")
    parser.add_argument("--frontend", type=Path, required=True)
    parser.add_argument("--renew", action="store_true")
    given = parser.parse_args()
    if not (given.frontend / "public/build/assets-manifest.json").is_file():
        sys.stderr.write(NO_FRONT_END.format(given.frontend, given.view, given.frontend))
        return 2
    drawn(given.view, given.frontend, PICTURES if given.renew else NEW)
    failed = 0
    for path in sorted(NEW.glob("*.png")) if not given.renew else ():
        said = difference(PICTURES / path.name, path)
        sys.stdout.write(f"{path.stem}: {said or 'as committed'}\n")
        failed += bool(said)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
