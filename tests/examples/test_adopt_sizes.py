"""The example of automation: it asks the API, says what it would do, and gives virsh what it takes."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import example_view
from exporter.web.query import Query
from forecaster.advice.sizes import LARGE, sizes_of
from forecaster.api import advice
from forecaster.view.inventory import Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups
from forecaster.view.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[2] / "deploy/examples/adopt_sizes.py"
HOURS, GIB = 28 * 24, float(1 << 30)
HOST = 'h"1'
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
TEST = Vm(
    HOST, "test", uuid=UUID, virtual_cpus=2.0, maximum_memory_bytes=8 * GIB, current_memory_bytes=8 * GIB
)
"""The VM of libvirt's test driver, whose balloon leaves it 2 GiB."""
OTHERS = (
    replace(TEST, domain="1", uuid="6695eb01-f6a4-8304-79aa-000000000001"),
    replace(TEST, domain=UUID, uuid=""),
    replace(TEST, instance="h2", domain="other"),
)


def view(load: float, *vms: Vm) -> View:
    """These VMs, all of whose parts have that load."""
    keys = tuple((vm.instance, vm.domain) for vm in vms)
    hours = np.full((HOURS, len(keys)), load, np.float32)
    table = Rollup(keys, np.arange(1, HOURS + 1) * 3600, hours, hours)
    made = example_view.make()
    tables = {"vm_cpu": table, "vm_memory": table}
    return View(**{**vars(made), "rollups": Rollups(3600, tables), "inventory": Inventory(1, vms)})


class _Api(BaseHTTPRequestHandler):
    """The resource of recommendations, as the forecaster answers."""

    view: View

    def do_GET(self) -> None:
        (resource,) = (each for each in advice.RESOURCES if each.path == self.path.partition("?")[0])
        data = resource.read(
            self.view.fresh(self.view.made_at, math.inf), Query.parse(self.path.partition("?")[2])
        )
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


def adopted(api: str, known: View, *flags: str) -> tuple[list[dict[str, Any]], list[str]]:
    """What it says of the commands, and of what it leaves out."""
    _Api.view = known
    command = [sys.executable, str(SCRIPT), f"--forecaster={api}", f"--instance={HOST}", *flags]
    done = subprocess.run([*command, "--connect=test:///default"], capture_output=True, text=True, check=True)
    told = [line for line in done.stderr.splitlines() if "left out" in line]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], told


def short(said: list[dict[str, Any]]) -> list[str]:
    return sorted(" ".join(each for each in one["command"][3:] if "domain" not in each) for one in said)


def test_it_only_says_what_it_would_do(api: str) -> None:
    """It leaves out what libvirt does not have, or would take for another VM. The balloon stays at 2 GiB."""
    said, left_out = adopted(api, view(0.05, TEST, *OTHERS))
    assert short(said) == [
        f"setmaxmem --size={2 << 30}b --config",
        "setvcpus --count=1 --config",
        "setvcpus --maximum --count=1 --config",
    ]
    assert {each["status"] for each in said} == {None}
    assert all(f"--domain={UUID}" in each["command"] for each in said)
    assert {each["vm"] for each in said} == {"test"}
    assert {each["was"] for each in said} == {2, 8 * GIB}
    assert sorted(line.partition(",")[0] for line in left_out) == ["1", "1", UUID, UUID]


def test_what_a_balloon_took_stays_taken(api: str) -> None:
    half = replace(TEST, current_memory_bytes=4 * GIB)
    (said,) = [one for one in adopted(api, view(0.6, half))[0] if "setvcpus" not in one["command"]]
    assert short([said]) == [f"setmaxmem --size={3 << 30}b --config"]


def test_a_vm_that_is_too_small_is_given_more(api: str) -> None:
    assert short(adopted(api, view(0.97, TEST))[0]) == [
        f"setmaxmem --size={10 << 30}b --config",
        f"setmem --size={10 << 30}b --config",
        "setvcpus --count=3 --config",
        "setvcpus --maximum --count=3 --config",
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"virtual_cpus": 4.0, "maximum_memory_bytes": 9 * GIB},  # it has been given another size meanwhile
        {"uuid": "6695eb01-f6a4-8304-79aa-000000000001"},  # libvirt's is another VM of that name
    ],
)
def test_a_vm_that_is_not_the_one_of_the_advice_is_left_alone(api: str, other: dict[str, Any]) -> None:
    said, left_out = adopted(api, view(0.05, replace(TEST, **other)))
    assert said == []
    assert len(left_out) == 2


def test_a_size_that_is_that_of_now_needs_no_command(api: str) -> None:
    """Of virtual CPUs the balanced size is smaller, the conservative one is not."""
    known = view(0.44, TEST)
    (cpu,) = [each for each in sizes_of(known.rollups, known.inventory) if each.part == "cpu"]
    assert (cpu.verdict, cpu.sizes["conservative"]) == (LARGE, cpu.current)
    said, (left_out,) = adopted(api, known)
    assert [each["command"][3] for each in said] == ["setmaxmem"]
    assert left_out.startswith("test, cpu: left out: it has that size")


def test_virsh_takes_the_commands_and_each_is_in_the_audit(api: str, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    assert adopted(api, view(0.05, TEST), "--apply", f"--audit={audit}")[0] == []
    said = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [each["status"] for each in said] == [0, 0, 0]
    assert all("needed at most" in each["why"] for each in said)
