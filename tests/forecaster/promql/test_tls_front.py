"""The client against a real Prometheus behind TLS: its own certificate, client certificates and passwords; a
front end that wants a token; a proxy in between.
"""

from __future__ import annotations

import base64
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import bcrypt
import pytest

from certificates import Certificates
from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result
from lab.ports import free_port
from peer import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from backends import Program

PASSWORD = "s3cret:with €"  # noqa: S105 (the tests' own)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.issue("ca")
    for name in ("server", "client"):
        made.issue(name, "IP:127.0.0.1")
    return made


@pytest.fixture(scope="module")
def prometheus(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that wants TLS, a client certificate and a password."""
    if shutil.which("prometheus") is None:
        pytest.fail("prometheus is missing: install the Debian package prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (folder / "prometheus.yml").write_text("global: {}\n")
    (folder / "web.yml").write_text(
        f"tls_server_config:\n  cert_file: {certificates.file('server.crt')}\n"
        f"  key_file: {certificates.file('server.key')}\n"
        f"  client_ca_file: {certificates.file('ca.crt')}\n"
        "  client_auth_type: RequireAndVerifyClientCert\n"
        f"basic_auth_users:\n  virtcast: {hashed}\n"
    )
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--web.config.file={folder}/web.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        until_ready(port, certificates)
        yield f"https://127.0.0.1:{port}"
        process.terminate()


def until_ready(port: int, certificates: Certificates) -> None:
    """Wait until its storage is open: the API is there after that."""
    trust, login = certificates.trust("client"), base64.b64encode(f"virtcast:{PASSWORD}".encode()).decode()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            ask_it = Request(f"https://127.0.0.1:{port}/-/ready", headers={"Authorization": f"Basic {login}"})
            with urlopen(ask_it, timeout=5, context=trust):  # noqa: S310
                return
        time.sleep(0.1)
    raise AssertionError("Prometheus is not ready")


@pytest.fixture
def backend(prometheus: str, certificates: Certificates, tmp_path: Path) -> dict[str, Any]:
    """What a client must be told to be let in."""
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return {
        "url": prometheus,
        "retries": 0,
        "ca_file": certificates.file("ca.crt"),
        "cert_file": certificates.file("client.crt"),
        "key_file": certificates.file("client.key"),
        "username": "virtcast",
        "password_file": tmp_path / "password",
    }


def ask(backend: dict[str, Any]) -> float:
    client = Client(Backend(**backend))
    try:
        (track,) = client.query("vector(42)", 1000)
    finally:
        client.close()
    return float(track.values[0])


def test_authority_client_certificate_and_password_together(backend: dict[str, Any]) -> None:
    assert ask(backend) == 42


@pytest.mark.parametrize(
    ("without", "result", "told"),
    [
        (("ca_file",), Result.UNREACHABLE, "TLS failed"),
        (("cert_file", "key_file"), Result.UNREACHABLE, "127.0.0.1"),
        (("username", "password_file"), Result.UNAUTHORIZED, "refuses the credentials"),
    ],
)
def test_what_is_missing_is_told_in_one_line(
    backend: dict[str, Any], without: tuple[str, ...], result: Result, told: str
) -> None:
    with pytest.raises(PromqlError, match=told) as raised:
        ask({name: value for name, value in backend.items() if name not in without})
    assert raised.value.result is result
    assert "\n" not in str(raised.value)
    assert PASSWORD not in str(raised.value)


def test_a_server_of_another_name_is_not_trusted_unless_verification_is_off(backend: dict[str, Any]) -> None:
    other = {**backend, "url": backend["url"].replace("127.0.0.1", "localhost")}
    with pytest.raises(PromqlError, match="TLS failed"):
        ask(other)
    assert ask({**other, "ca_file": None, "insecure_skip_verify": True}) == 42


def test_a_rotated_password_is_taken_up(backend: dict[str, Any]) -> None:
    backend["password_file"].write_text("old")
    client = Client(Backend(**backend))
    with pytest.raises(PromqlError, match="refuses the credentials"):
        client.query("vector(42)", 1000)
    backend["password_file"].write_text(PASSWORD)
    assert len(client.query("vector(42)", 1000)) == 1
    client.close()


def test_a_proxy_passes_tls_through(backend: dict[str, Any]) -> None:
    port = int(backend["url"].rpartition(":")[2])

    def connect(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        pump(client, port)

    proxy = Peer(connect)
    try:
        assert ask({**backend, "proxy_url": proxy.url}) == 42
        assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.".encode())
        assert b"Authorization" not in proxy.requests[0], "the password is for the backend, not for the proxy"
    finally:
        proxy.close()


def pump(client: socket.socket, port: int) -> None:
    """Hand bytes on between a client and a port, until either hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as server:
        back = threading.Thread(target=copy, args=(server, client), daemon=True)
        back.start()
        copy(client, server)
        back.join(10)


def copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def front(certificates: Certificates, prometheus_with: Callable[[str], Program]) -> Iterator[str]:
    """The address of a front end with TLS that wants a token and hands queries on to a Prometheus."""
    behind = prometheus_with(f"# TYPE up gauge\nup 1 {int(time.time()) - 3600}\n# EOF\n").url

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Authorization"] != "Bearer t0ken-of-virtcast":
                self.send_error(401)
                return
            kind = {"Content-Type": self.headers["Content-Type"]}
            with urlopen(Request(behind + self.path, body, kind), timeout=10) as answer:  # noqa: S310
                self.send_response(answer.status)
                self.end_headers()
                self.wfile.write(answer.read())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.file("server.crt"), certificates.file("server.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_token_from_a_file_opens_a_front_end_and_is_read_again(
    front: str, certificates: Certificates, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken-of-virtcast\n")
    own = {"url": front, "ca_file": certificates.file("ca.crt"), "credentials_file": token, "retries": 0}
    assert ask(own) == 42
    token.write_text("another-token")
    with pytest.raises(PromqlError, match="refuses the credentials") as raised:
        ask(own)
    assert "another-token" not in str(raised.value)
