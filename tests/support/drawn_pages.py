"""Dashboards drawn by Grafana's own front end, from a Prometheus with recorded samples, at a fixed moment.

The front end, its stand-in for a server and the browser are those of `../shared/grafana-view`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WIDTH = 1280  # pixels of the window
SCALE = 0.5  # of the picture: small files in which titles can be read
ROW = 38  # pixels of a row of Grafana's grid; a first guess of the page's height
HEAD = 150
AHEAD = 240  # seconds past now on pages with forecasts: of the forecast, what actual values do not cover
PATIENCE = 90  # seconds a page may take on a busy machine
CLOCK = """(() => {
  const at = %d, Real = Date;
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(at); }
    static now() { return at; }
  };
})()"""


class Size(NamedTuple):
    """Pixels of the window; without a height it is as high as the page."""

    width: int = WIDTH
    height: int = 0


PAGE = Size()


@contextmanager
def drawing(
    view: Path, frontend: Path, dashboards: Path, prometheus: str, at: int, *, scale: float = SCALE
) -> Iterator[Drawing]:
    """Draws pages as of the Unix time `at`: the browser's clock stands still there."""
    sys.path.insert(0, str(view))
    browser, stub = importlib.import_module("browser"), importlib.import_module("stub")
    options = argparse.Namespace(
        frontend=str(frontend),
        dashboards=str(dashboards),
        prometheus=prometheus,
        datasource_uid="prometheus",
        verbose=False,
    )
    server = stub.Stub(0, options, still=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with browser.Chromium() as chromium:
            chromium.call("Page.addScriptToEvaluateOnNewDocument", source=CLOCK % (1000 * at))
            chromium.call("Emulation.setTimezoneOverride", timezoneId="UTC")
            chromium.size = lambda width, height: chromium.call(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=scale,
                mobile=False,
            )
            yield Drawing(chromium, server, at)
    finally:
        server.shutdown()


class Drawing:
    """A browser and a server with all pages."""

    def __init__(self, chromium: Any, server: Any, at: int) -> None:
        self._chromium, self._server, self._at = chromium, server, at

    def draw(
        self,
        uid: str,
        past: int,
        variables: Mapping[str, str],
        path: Path,
        theme: str = "dark",
        *,
        size: Size = PAGE,
        ahead: int = AHEAD,
    ) -> list[str]:
        """A page with all its rows open, of the last so many seconds and, with forecasts, so many ahead, as a
        PNG, and the errors that the front end threw; RuntimeError where it does not come to rest, or a query
        fails.
        """
        page = self._server.dashboards()[uid]
        rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in page["panels"])
        height = size.height or HEAD + ROW * rows
        # Panels of what is now end now only where the page's end is said from now.
        end = f"now+{ahead}s" if "+" in page["time"]["to"] else 1000 * self._at
        times = {"from": 1000 * (self._at - past), "to": end}
        chosen = {f"var-{name}": value for name, value in variables.items()}
        address = f"{self._server.url}/d/{uid}?{urlencode({'theme': theme, **times, **chosen})}&kiosk"
        state = self._chromium.shoot(address, path, size.width, height, fit=not size.height, timeout=PATIENCE)
        if state["timed_out"] or state["errors"]:
            raise RuntimeError(f"{uid}: {state['errors'] or 'no end of loading'}")
        return [str(each) for each in state["thrown"]]
