"""Alertmanager's configuration, put to its own tool and to a real Alertmanager with a real receiver."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    Tool = Callable[..., subprocess.CompletedProcess[str]]

ALERTS_FILE = Path(__file__).resolve().parents[2] / "alert_rules" / "alerts.rules.yml"
LABELS = {
    rule["alert"]: {"alertname": rule["alert"], **rule["labels"]}
    for group in yaml.safe_load(ALERTS_FILE.read_text())["groups"]
    for rule in group["rules"]
}
RECEIVERS = {
    "VmFilesystemFull": "critical",
    "VmMemoryExhausted": "critical",
    "LibvirtDown": "critical",
    "VmFilesystemExhaustionPredicted": "warning",
    "VmMemoryExhaustionPredicted": "warning",
    "VmMigrationFailed": "warning",
    "VirtcastForecasterStale": "warning",
    "VmCpuAnomaly": "none",
}


def alert(name: str, **labels: str) -> dict[str, str]:
    """The labels of a firing alert: those of the rule, and those of the series."""
    return {**LABELS[name], **labels}


def test_configuration_passes_amtool(rendered: Path, run: Tool) -> None:
    checked = run("amtool", "check-config", rendered / "alertmanager.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_has_its_route() -> None:
    assert set(RECEIVERS) == set(LABELS)


@pytest.mark.parametrize(("name", "receiver"), RECEIVERS.items())
def test_routes(rendered: Path, run: Tool, name: str, receiver: str) -> None:
    matchers = [f"{label}={value}" for label, value in alert(name, instance="host-a").items()]
    config = f"--config.file={rendered / 'alertmanager.yml'}"
    routed = run("amtool", "config", "routes", "test", config, f"--verify.receivers={receiver}", *matchers)
    assert routed.returncode == 0, routed.stdout + routed.stderr


def named(labels: dict[str, str]) -> str:
    """An alert's name, and its host, VM and mount point where it has them."""
    return " ".join(labels[key] for key in ("alertname", "instance", "domain", "mountpoint") if key in labels)


class Inbox(NamedTuple):
    """A webhook receiver: its address, and the (path, notification) pairs it was sent."""

    url: str
    posts: list[tuple[str, dict[str, Any]]]

    def told(self, path: str) -> set[str]:
        """The alerts delivered to a path, as `named`."""
        return {named(each["labels"]) for sent, post in self.posts if sent == path for each in post["alerts"]}


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    posts: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Inbox(f"http://127.0.0.1:{server.server_address[1]}", posts)
        server.shutdown()
        thread.join()


class Alertmanager(NamedTuple):
    """A running Alertmanager's API."""

    url: str

    def get(self, path: str) -> Any:
        with urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 (loopback)
            return json.load(answer)

    def post(self, *alerts: dict[str, str]) -> None:
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        request = Request(f"{self.url}/api/v2/alerts", body, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=5) as answer:  # noqa: S310 (loopback)
            assert answer.status == 200

    def states(self) -> dict[str, str]:
        """Active or suppressed, by alert as `named`."""
        return {named(each["labels"]): each["status"]["state"] for each in self.get("/api/v2/alerts")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition holds before the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def running(config: Path, storage: Path) -> Iterator[Alertmanager]:
    address = f"127.0.0.1:{free_port()}"
    argv = [
        "prometheus-alertmanager",
        f"--config.file={config}",
        f"--storage.path={storage}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with (
        (storage.parent / "alertmanager.log").open("wb") as log,
        subprocess.Popen(argv, stderr=log) as process,
    ):
        try:
            yield Alertmanager(f"http://{address}")
        finally:
            process.terminate()


@pytest.fixture
def alertmanager(renderer: ModuleType, inbox: Inbox, tmp_path: Path) -> Iterator[Alertmanager]:
    """A real Alertmanager with the demo's configuration, whose notifications arrive in `inbox`."""
    flags = ["--profile=demo", f"--output={tmp_path}", f"--webhook-url={inbox.url}"]
    assert renderer.main(flags) == 0

    with running(tmp_path / "alertmanager.yml", tmp_path / "data") as server:

        def answers() -> bool:
            try:
                return bool(server.get("/api/v2/status"))
            except URLError:
                return False

        assert eventually(answers), (tmp_path / "alertmanager.log").read_text()
        yield server


PREDICTED = "VmFilesystemExhaustionPredicted"


def test_what_has_come_true_inhibits_its_prediction_and_is_delivered(
    alertmanager: Alertmanager, inbox: Inbox
) -> None:
    web = {"instance": "host-a", "domain": "web"}
    alertmanager.post(
        alert("VmFilesystemFull", **web, mountpoint="/data"),
        alert("VmMemoryExhausted", **web),
        alert("VmCpuAnomaly", instance="host-a", domain="db"),
        alert(PREDICTED, **web, mountpoint="/data"),
        alert(PREDICTED, **web, mountpoint="/"),
        alert(PREDICTED, instance="host-b", domain="web", mountpoint="/data"),
        alert("VmMemoryExhaustionPredicted", **web),
        alert("VmMemoryExhaustionPredicted", instance="host-a", domain="db"),
    )
    expected = {
        "VmFilesystemFull host-a web /data": "active",
        "VmMemoryExhausted host-a web": "active",
        "VmCpuAnomaly host-a db": "active",
        f"{PREDICTED} host-a web /data": "suppressed",
        f"{PREDICTED} host-a web /": "active",
        f"{PREDICTED} host-b web /data": "active",
        "VmMemoryExhaustionPredicted host-a web": "suppressed",
        "VmMemoryExhaustionPredicted host-a db": "active",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()

    active = {name for name, state in expected.items() if state == "active"}
    critical = {"VmFilesystemFull host-a web /data", "VmMemoryExhausted host-a web"}
    warning = active - critical - {"VmCpuAnomaly host-a db"}
    assert eventually(lambda: inbox.told("/critical") == critical), inbox.posts
    assert eventually(lambda: inbox.told("/warning") == warning), inbox.posts


def test_a_host_without_libvirt_inhibits_its_vms_and_nothing_else(
    alertmanager: Alertmanager, inbox: Inbox
) -> None:
    alertmanager.post(
        alert("LibvirtDown", instance="host-a"),
        alert("VmMemoryExhausted", instance="host-a", domain="web"),
        alert(PREDICTED, instance="host-a", domain="web", mountpoint="/"),
        alert("VmMigrationFailed", instance="host-a"),
        alert("VmMemoryExhausted", instance="host-b", domain="web"),
        alert("VirtcastForecasterStale", instance="host-a"),
    )
    expected = {
        "LibvirtDown host-a": "active",
        "VmMemoryExhausted host-a web": "suppressed",
        f"{PREDICTED} host-a web /": "suppressed",
        "VmMigrationFailed host-a": "suppressed",
        "VmMemoryExhausted host-b web": "active",
        "VirtcastForecasterStale host-a": "active",
    }
    assert eventually(lambda: alertmanager.states() == expected), alertmanager.states()
    critical = {"LibvirtDown host-a", "VmMemoryExhausted host-b web"}
    assert eventually(lambda: inbox.told("/critical") == critical), inbox.posts
