"""A real Prometheus reads the page, whatever one of a thousand series is called."""

from __future__ import annotations

import shutil
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest

import example_view
from backends import Program
from exporter.metric import families
from exporter.web.exposition import negotiated, page
from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.publish.gauges import samples
from forecaster.series.labels import identity
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporter.web.message import Response
    from forecaster.series.frame import Track

HOSTILE = "\x00\x1b[31m\ufffd\r\n\"\\'{{`"
ODD = ({"k8s.pod.name": "virt-launcher"}, {"..name..": "x"}, {'a"\\\n{}': "x"}, {"mountpoint": HOSTILE})
ROWS = tuple(
    identity({"domain": f"vm-{number}", "instance": "h1", **(ODD[number] if number < len(ODD) else {})})
    for number in range(1000)
)


@cache  # a scrape has a time limit
def written(accept: str) -> Response:
    view = example_view.make()
    given = example_view.rows_of(view).take(np.zeros(len(ROWS), dtype=int).tolist())
    view = example_view.only(
        view, labels=ROWS, values=given.values, outlook=given.outlook, bounds=given.bounds
    )
    form = negotiated(accept)
    return page(families(samples(view, example_view.NOW, 900, form.names)), form)


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = written(self.headers.get("Accept", ""))
        self.send_response(200)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_prometheus_reads_a_thousand_series_of_which_some_are_odd(served: int, tmp_path: Path) -> None:
    if shutil.which("prometheus") is None:
        pytest.fail("prometheus is missing: install the Debian package prometheus")
    (tmp_path / "prometheus.yml").write_text(
        "scrape_configs:\n- job_name: virtcast-forecaster\n  scrape_interval: 5s\n  honor_labels: true\n"
        f"  static_configs: [{{targets: ['127.0.0.1:{served}']}}]\n"
    )
    port = free_port()
    prometheus = Program(
        [
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        port,
        tmp_path / "log",
    )
    prometheus.start()
    client = Client(Backend(url=prometheus.url))
    try:
        found = until(client, "virtcast_limit_value", len(ROWS))
    finally:
        client.close()
        prometheus.stop()
    names = [name for track in found for name, _ in track.labels]
    assert len(found) == len(ROWS)
    assert names.count("k8s_pod_name") == names.count("exported___name__") == names.count("a_____") == 1
    assert HOSTILE in {value for track in found for _, value in track.labels}


def until(client: Client, query: str, least: int) -> list[Track]:
    end = time.monotonic() + 60
    while True:
        found = client.query(query, int(time.time()))
        if len(found) >= least or time.monotonic() > end:
            return found
        time.sleep(0.2)
