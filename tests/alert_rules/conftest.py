"""What the tests of rules and configuration share: rendered files, and Prometheus' tools."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import yaml

from alert_rules import render
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Eventually = Callable[[Callable[[], bool]], bool]


@pytest.fixture(scope="session", params=["default", "demo"])
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def rendered(profile: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files of a profile."""
    directory = tmp_path_factory.mktemp(profile)
    assert render.main(["--profile", profile, "--output", str(directory)]) == 0
    return directory


HANGS = 600  # seconds: a tool that does not end; on a busy machine promtool takes a minute for some files


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a tool to its end; its output is text, and its failure is for the test to judge.

    promtool spends about a quarter of its time on collecting garbage; with 100 MB of it, less often.
    """
    environment = {**os.environ, "GOGC": "400"}

    def tool(*argv: object, **options: Any) -> subprocess.CompletedProcess[str]:
        options.setdefault("env", environment)
        return subprocess.run(
            [str(word) for word in argv],
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
            **options,
        )

    return tool


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Whether a condition holds within a minute: Prometheus takes ten seconds to find its targets, and 15 to
    scrape them all.
    """
    return _eventually


def _eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


FORECAST = b'virtcast_limit_value{resource="vm_cpu",instance="host-a",domain="web"} 0.9\n'


def named(labels: dict[str, str]) -> str:
    """An alert's name, and its host, VM and mount point where it has them."""
    return " ".join(labels[key] for key in ("alertname", "instance", "domain", "mountpoint") if key in labels)


class Inbox(NamedTuple):
    """A webhook receiver: its address, and (path, notification) as they were sent. GET gives `FORECAST`."""

    url: str
    posts: list[tuple[str, dict[str, Any]]]

    def told(self, path: str) -> set[str]:
        """The alerts delivered to a path, as `named`."""
        return {named(each["labels"]) for sent, post in self.posts if sent == path for each in post["alerts"]}


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    posts: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(FORECAST)

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


class Server(NamedTuple):
    """A program that answers HTTP with JSON."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        with urlopen(f"{self.url}{path}?{urlencode(query)}", timeout=5) as answer:  # noqa: S310 (loopback)
            return json.load(answer)

    def is_up(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=5) as answer:  # noqa: S310 (loopback)
                return bool(answer.status == 200)
        except URLError:
            return False


class Alertmanager(Server):
    """A running Alertmanager's API."""

    def post(self, *alerts: dict[str, str]) -> None:
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        request = Request(f"{self.url}/api/v2/alerts", body, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=5) as answer:  # noqa: S310 (loopback)
            assert answer.status == 200

    def states(self) -> dict[str, str]:
        """Active or suppressed, by alert as `named`."""
        return {named(each["labels"]): each["status"]["state"] for each in self.get("/api/v2/alerts")}


class Prometheus(Server):
    """A running Prometheus' API."""

    def value(self, query: str) -> str | None:
        """The value of the query's first series, None without one."""
        found = self.get("/api/v1/query", query=query)["data"]["result"]
        return str(found[0]["value"][1]) if found else None

    def end(self) -> None:
        """Make it end."""
        with urlopen(Request(f"{self.url}/-/quit", method="POST"), timeout=5) as answer:  # noqa: S310 (loopback)
            assert answer.status == 200


@contextmanager
def running(program: str, log: Path, *flags: str) -> Iterator[str]:
    """The address of a program of Prometheus' that runs, and is ended at the end."""
    address = f"127.0.0.1:{free_port()}"
    argv = [program, f"--web.listen-address={address}", *flags]
    with log.open("wb") as output, subprocess.Popen(argv, stdout=output, stderr=output) as process:
        try:
            assert _eventually(Server(f"http://{address}").is_up), log.read_text()
            yield address
        finally:
            process.terminate()


@pytest.fixture
def run_with() -> str:
    """The profile of the programs that run."""
    return "demo"


@pytest.fixture
def configured(inbox: Inbox, tmp_path: Path, run_with: str) -> Path:
    """A directory with the profile's rules and configuration; notifications go to `inbox`."""
    links = (f"--webhook-url={inbox.url}", f"--watchdog-url={inbox.url}/watchdog")
    assert render.main([f"--profile={run_with}", f"--output={tmp_path}", *links]) == 0
    return tmp_path


@pytest.fixture
def exporters() -> list[dict[str, Any]]:
    """The targets of the job `libvirt`: nobody plays the exporter."""
    return [{"targets": ["127.0.0.1:1"], "labels": {"instance": "host-a"}}]


@pytest.fixture
def alertmanager(configured: Path) -> Iterator[Alertmanager]:
    """A real Alertmanager with the profile's configuration."""
    flags = (f"--config.file={configured}/alertmanager.yml", f"--storage.path={configured}/alertmanager")
    log = configured / "alertmanager.log"
    with running("prometheus-alertmanager", log, *flags, "--cluster.listen-address=") as address:
        yield Alertmanager(f"http://{address}")


@pytest.fixture
def prometheus(
    configured: Path, alertmanager: Alertmanager, inbox: Inbox, exporters: list[dict[str, Any]]
) -> Iterator[Prometheus]:
    """A real Prometheus with the profile's rules; the receiver plays the forecaster."""
    targets: dict[str, list[dict[str, Any]]] = {
        "alertmanager": [{"targets": [alertmanager.url.removeprefix("http://")]}],
        "virtcast": [{"targets": [inbox.url.removeprefix("http://")], "labels": {"instance": "forecaster"}}],
        "libvirt": exporters,
    }
    for file in (configured / "targets").iterdir():
        file.write_text(yaml.safe_dump(targets.get(file.stem, [])))
    flags = (
        f"--config.file={configured}/prometheus.yml",
        f"--storage.tsdb.path={configured}/prometheus",
        "--web.enable-lifecycle",
        "--rules.alert.resend-delay=1s",
    )
    with running("prometheus", configured / "prometheus.log", *flags) as address:
        yield Prometheus(f"http://{address}")
