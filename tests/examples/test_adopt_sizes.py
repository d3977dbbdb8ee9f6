"""The example of automation: it asks the API, says what it would do, and gives virsh what it takes."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import example_view
from exporter.web.query import Query
from forecaster.api import advice
from forecaster.view.inventory import Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups
from forecaster.view.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[2] / "deploy/examples/adopt_sizes.py"
HOURS, GIB = 28 * 24, float(1 << 30)
HOST = 'h"1'


def view() -> View:
    """The VM `test` of libvirt's test driver, whose ID is 1, one that is called so, and another host's: all
    need 1 of 8 virtual CPUs.
    """
    keys = ((HOST, "test"), (HOST, "1"), ("h2", "other"))
    low = np.full((HOURS, len(keys)), 0.05, np.float32)
    table = Rollup(keys, np.arange(1, HOURS + 1) * 3600, low, low)
    vms = tuple(Vm(*key, virtual_cpus=8.0, maximum_memory_bytes=8 * GIB) for key in keys)
    made = example_view.make()
    tables = {"vm_cpu": table, "vm_memory": table}
    return View(**{**vars(made), "rollups": Rollups(3600, tables), "inventory": Inventory(1, vms)})


class _Api(BaseHTTPRequestHandler):
    """The resource of recommendations, as the forecaster answers."""

    def do_GET(self) -> None:
        (resource,) = (each for each in advice.RESOURCES if each.path == self.path.partition("?")[0])
        made = view()
        data = resource.read(made.fresh(made.made_at, math.inf), Query.parse(self.path.partition("?")[2]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"status": "success", "data": data}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def adopted(api: str, *flags: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(SCRIPT), f"--forecaster={api}", f"--instance={HOST}", *flags]
    done = subprocess.run([*command, "--connect=test:///default"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_it_only_says_what_it_would_do(api: str) -> None:
    said = adopted(api)
    assert [each["command"][3] for each in said] == ["setvcpus", "setvcpus", "setmaxmem", "setmem"]
    assert {each["status"] for each in said} == {None}
    assert all("--domain=test" in each["command"] and "--config" in each["command"] for each in said)
    assert {each["was"] for each in said} == {8, 8 * GIB}


def test_virsh_takes_the_commands_and_each_is_in_the_audit(api: str, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    assert adopted(api, "--apply", f"--audit={audit}") == []
    said = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [each["status"] for each in said] == [0, 0, 0, 0]
    assert all("needed at most" in each["why"] for each in said)
