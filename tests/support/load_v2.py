"""Load the dashboards of schema v2 with a front end of Grafana 12.2, and draw them from the recorded lab run.

    make load-v2 FRONTEND=DIR

That front end reads the schema's `v2beta1`, which differs in one point: a transformation is named by its
kind. A page that does not come to rest, a failed query or an error of the front end is told, and the exit
status is 1. The pictures are in dist/pictures-v2.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from compare_pictures import DASHBOARDS, OF_ONE, PAST, RECORDED, ROOT, VARIABLES, newest
from drawn_pages import drawing
from filled_prometheus import filled

SOURCE = ROOT / "grafana/json-v2"
PICTURES = ROOT / "dist/pictures-v2"
ASKED = re.compile(r"/apis/dashboard\.grafana\.app/(\w+)/namespaces/[^/]+/dashboards/([^/]+)/dto")
TOGGLES = ("dashboardNewLayouts", "kubernetesDashboards")
NONE = dict.fromkeys(("canAdd", "canEdit", "canDelete"), False)
ACCESS = {"annotationsPermissions": {"dashboard": NONE, "organization": NONE}, "canSave": False}
# What makes the front end, which asks for an older version first, ask for this schema.
NOT_CLASSIC = {"conversion": {"failed": True, "storedVersion": "v2beta1", "error": "schema v2"}}
EXPECTED = "DashboardVersionError"


def resource(version: str, name: str) -> dict[str, Any]:
    """What the API answers for a dashboard."""
    stored = json.loads((SOURCE / f"{name}.json").read_text())
    for element in stored["spec"]["elements"].values():
        for each in element["spec"]["data"]["spec"]["transformations"]:
            each["kind"] = each["spec"]["id"] = each["group"]
    head = {
        "apiVersion": f"dashboard.grafana.app/{version}",
        "kind": "DashboardWithAccessInfo",
        "metadata": {**stored["metadata"], "resourceVersion": "1", "annotations": {}},
        "access": ACCESS,
    }
    if version.startswith("v1"):
        return {**head, "spec": {"title": name}, "status": NOT_CLASSIC}
    return {**head, "spec": stored["spec"]}


def serve_v2(stub: Any) -> None:
    """Teach the stand-in for a server to answer for dashboards of schema v2."""
    stub.TOGGLES = [*stub.TOGGLES, *TOGGLES]
    others = stub.Handler.do_GET

    def answer(self: Any) -> None:
        if found := ASKED.fullmatch(urlsplit(self.path).path):
            self.reply(resource(*found.groups()))
        else:
            others(self)

    stub.Handler.do_GET = answer


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--view", type=Path, required=True, help="../shared/grafana-view")
    parser.add_argument("--frontend", type=Path, required=True)
    given = parser.parse_args()
    sys.path.insert(0, str(given.view))
    serve_v2(importlib.import_module("stub"))
    PICTURES.mkdir(parents=True, exist_ok=True)
    openmetrics, failed = gzip.decompress(RECORDED.read_bytes()), 0
    with (
        tempfile.TemporaryDirectory(prefix="virtcast-pictures-") as passing,
        filled(openmetrics, Path(passing)) as url,
        drawing(given.view, given.frontend, DASHBOARDS, url, newest(openmetrics)) as pages,
    ):
        for name in sorted(path.stem for path in SOURCE.glob("*.json")):
            values = {**VARIABLES, **OF_ONE.get(name, {})}
            thrown = pages.draw(name, PAST, values, PICTURES / f"{name}.png")
            unexpected = [each for each in thrown if not each.startswith(EXPECTED)]
            sys.stdout.write(f"{name}: {unexpected or 'loaded'}\n")
            failed += bool(unexpected)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
