"""Canaries in every secret of both programs: none is in a page, a metric, the log or what a command says.

Good contents, and contents that cannot be used: with a byte-order mark, two lines, other encodings.
"""

from __future__ import annotations

import base64
import http.client
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

import bcrypt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "CaNaRy"
PASSWORD = f"{CANARY}-pass"
PAGES = ("/", "/metrics", "/-/ready", "/-/healthy", "/none")
FORECASTS = ("/api/v1/anomalies", "/api/v1/resources", "/api/v1/inventory", "/runbooks/LibvirtDown")
CONTENTS = {
    "good": f"{CANARY}-secret\n".encode(),
    "byte-order mark": f"\ufeff{CANARY}-secret\n".encode(),
    "two lines": f"{CANARY}-one\n{CANARY}-two\n".encode(),
    "Latin-1": f"{CANARY}-sécret".encode("latin-1"),
    "UTF-16": f"{CANARY}-secret".encode("utf-16"),
    "UTF-16 without its mark": f"{CANARY}-secret".encode("utf-16-be"),
    "NUL": f"{CANARY}\0secret".encode(),
    "large": CANARY.encode() * 50_000,
}


def leaks(text: bytes) -> list[str]:
    """The canaries in a text, in whatever form they may have been written."""
    forms = [CANARY, "C.{1,7}a.{1,7}N.{1,7}a.{1,7}R.{1,7}y"]
    forms += [base64.b64encode(b" " * shift + CANARY.encode())[4:8].decode() for shift in range(3)]
    return [form for form in forms if re.search(form.encode(), text, re.DOTALL)]


class Program(NamedTuple):
    """A program that runs, and the file it logs to."""

    port: int
    log: Path
    tls: bool = False

    def page(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """Head and body of the answer."""
        if self.tls:
            trusting = ssl._create_unverified_context()  # noqa: S323 (its own certificate)
            kind: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=30, context=trusting
            )
        else:
            kind = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(kind) as client:
            client.request("GET", path, headers=headers or {})
            answer = client.getresponse()
            return str(answer.headers).encode() + answer.read()

    def logs(self, text: str) -> None:
        """Wait until the text is in the log."""
        limit = time.monotonic() + 60
        while text not in self.log.read_text() and time.monotonic() < limit:
            time.sleep(0.05)
        assert text in self.log.read_text()


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@contextmanager
def running(log: Path, module: str, *flags: str, tls: bool = False) -> Iterator[Program]:
    command = [sys.executable, "-m", module, "--web.listen-address=127.0.0.1:0", "--log.level=debug", *flags]
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=ENVIRONMENT) as process:
        try:
            while (found := re.search(r"address=127\.0\.0\.1:(\d+)", log.read_text())) is None:
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield Program(int(found[1]), log, tls)
        finally:
            process.terminate()


def said(module: str, *arguments: str) -> bytes:
    """What a command that ends writes."""
    command = [sys.executable, "-m", module, *arguments]
    ended = subprocess.run(command, capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    return ended.stdout + ended.stderr


class _Echo(BaseHTTPRequestHandler):
    """A backend that refuses, and repeats what it was sent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f"wrong credentials: {self.headers}".encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def backend() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def forecaster(folder: Path, backend: str, access: str) -> Path:
    path = folder / "virtcast.yml"
    path.write_text(
        f"prometheus:\n  url: {backend}\n  retries: 0\n"
        f"  headers: {{X-Proxy-Secret: {CANARY}-header, X-Scope-OrgID: team-a}}\n{access}"
    )
    return path


@pytest.mark.parametrize("kind", ["token", "password"])
@pytest.mark.parametrize("content", CONTENTS)
def test_the_forecaster_shows_no_secret(tmp_path: Path, backend: str, kind: str, content: str) -> None:
    access = {
        "token": "  authorization: {credentials_file: token}\n",
        "password": "  basic_auth: {username: ops, password_file: password}\n",
    }
    (tmp_path / kind).write_bytes(CONTENTS[content])
    config = forecaster(tmp_path, backend, access[kind])
    with running(tmp_path / "log", "forecaster.cli", f"--config.file={config}") as program:
        program.logs("cannot query")
        shown = {path: program.page(path) for path in (*PAGES, *FORECASTS)}
    shown["log"] = program.log.read_bytes()
    shown["check-config"] = said("forecaster.cli", "check-config", f"--config.file={config}")
    assert b"team-a" in shown["check-config"]
    assert b"ready" in shown["/-/ready"]
    assert {place: leaks(text) for place, text in shown.items() if leaks(text)} == {}


def test_commands_show_no_secret(tmp_path: Path, backend: str) -> None:
    (tmp_path / "token").write_bytes(CONTENTS["two lines"])
    config = forecaster(tmp_path, backend, "  authorization: {credentials_file: token}\n")
    for arguments in (
        ("report", f"--config.file={config}"),
        ("backtest", f"--config.file={config}"),
        ("check-config", f"--config.file={config}", f"--prometheus.url=http://me:{CANARY}@h"),
        ("check-config", f"--prometheus.url=http://h:{CANARY}"),
        ("check-config", f"--config.file={tmp_path / 'token'}"),
        ("--help",),
    ):
        told = said("forecaster.cli", *arguments)
        assert told
        assert leaks(told) == [], arguments


@pytest.fixture
def certificate(tmp_path: Path) -> bytes:
    """Files of the web configuration; the middle of the key."""
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", f"{tmp_path}/web.key", "-out", f"{tmp_path}/web.crt"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, "-subj", "/CN=x", *files], check=True, capture_output=True
    )
    return (tmp_path / "web.key").read_bytes().splitlines()[2]


def test_the_exporter_shows_no_secret(tmp_path: Path, certificate: bytes) -> None:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))
    web, config = tmp_path / "web.yml", tmp_path / "exporter.yml"
    tls = "tls_server_config: {cert_file: web.crt, key_file: web.key}\n"
    web.write_text(f"{tls}basic_auth_users:\n  prometheus: {hashed.decode()}\n")
    uri = f"qemu+ssh://me:{CANARY}-uri@127.0.0.1:1/system?keyfile=/{CANARY}-key&no_tty=1&socket=/run/s"
    config.write_text(f'targets:\n  far: {{uri: "{uri}"}}\n  near: {{uri: "test:///default?x={CANARY}"}}\n')
    flags = (f"--libvirt.uri={uri}", f"--config.file={config}", f"--web.config.file={web}")
    with running(tmp_path / "log", "exporter.cli", *flags, tls=True) as program:
        pair = base64.b64encode(f"prometheus:{PASSWORD}".encode()).decode()
        wrong = base64.b64encode(f"prometheus:{CANARY}-wrong".encode()).decode()
        probes = ("/probe?target=far", "/probe?target=near", f"/probe?target=qemu://me:{CANARY}@h/system")
        right = {"Authorization": f"Basic {pair}"}
        shown = {path: program.page(path, right) for path in (*PAGES, *probes)}
        deadline = time.monotonic() + 60  # the first pages of a target may come before all of it was read
        while b"uri=" not in shown["/probe?target=near"] and time.monotonic() < deadline:
            time.sleep(0.2)
            shown["/probe?target=near"] = program.page("/probe?target=near", right)
        shown["wrong"] = program.page("/metrics", {"Authorization": f"Basic {wrong}"})
        for number, broken in enumerate(CONTENTS.values()):
            web.write_bytes(b"basic_auth_users: {prometheus: " + broken + b"}\n" + b"#" * number)
            program.logs("web configuration is not reloaded")
            time.sleep(1.1)  # so long the server waits to look again
        web.write_text(tls + f"basic_auth_users:\n  prometheus: {hashed.decode()}\n")
        (tmp_path / "web.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n")
        program.logs("cannot use the certificate and key")
    assert b'uri="test:///default"' in shown["/probe?target=near"]
    assert b"libvirt_up 0.0" in shown["/metrics"]
    shown["log"] = program.log.read_bytes()
    shown["help"] = said("exporter.cli", "--help")
    shown["no configuration"] = said("exporter.cli", f"--config.file={web}", *flags[:1])
    found = {place: leaks(text) for place, text in shown.items() if leaks(text)}
    found |= {
        place: ["hash or key"] for place, text in shown.items() if hashed in text or certificate in text
    }
    assert found == {}
