"""TLS and client certificates, with real handshakes."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Protocol

import pytest

from exporter.web.config import TlsServer
from exporter.web.limits import Limits
from exporter.web.message import WebError
from exporter.web.tls import names, ssl_context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from certificates import Certificates

    from .conftest import Running, Start

    class Configured(Protocol):
        def __call__(self, text: str, limits: Limits | None = None) -> Running: ...


SERVER = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
CLIENTS = SERVER + "  client_ca_file: ca.crt\n  client_auth_type: "


@pytest.fixture
def configured(start: Start, certificates: Certificates) -> Configured:
    """A server with this web configuration, beside its certificates."""

    def running(text: str, limits: Limits | None = None) -> Running:
        path = certificates.file("web.yml")
        path.write_text(text)
        return start(web_config=path, limits=limits)

    return running


def test_https(configured: Configured, certificates: Certificates) -> None:
    reply = configured(SERVER).get(tls=certificates.trust())
    assert (reply.status, reply.body) == (200, b"some_metric 1\n" * 1000)


def test_plain_http_is_hung_up_on(configured: Configured) -> None:
    with pytest.raises(OSError, match=r"closed connection|reset"):
        configured(SERVER).get()


def test_pem_in_the_configuration_itself(configured: Configured, certificates: Certificates) -> None:
    text = "tls_server_config:\n"
    for key, name in (("cert", "server.crt"), ("key", "server.key")):
        text += f"  {key}: |\n" + textwrap.indent(certificates.file(name).read_text(), "    ")
    assert configured(text).get(tls=certificates.trust()).status == 200


@pytest.mark.parametrize(
    ("policy", "client", "welcome"),
    [
        ("RequireAndVerifyClientCert", "client", True),
        ("RequireAndVerifyClientCert", None, False),
        ("RequireAndVerifyClientCert", "impostor", False),
        ("VerifyClientCertIfGiven", None, True),
        ("VerifyClientCertIfGiven", "client", True),
        ("VerifyClientCertIfGiven", "impostor", False),
    ],
)
def test_client_certificates(
    configured: Configured,
    identities: Mapping[str | None, ssl.SSLContext],
    policy: str,
    client: str,
    welcome: bool,
) -> None:
    server = configured(CLIENTS + policy)
    with contextlib.nullcontext() if welcome else pytest.raises(OSError, match=r"alert|reset|closed|EOF"):
        assert server.get(tls=identities[client]).status == 200


@pytest.fixture(scope="session")
def identities(
    certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> dict[str | None, ssl.SSLContext]:
    """Clients without a certificate, with one, and with the same names from an authority of their own."""
    other = type(certificates)(tmp_path_factory.mktemp("impostor"))
    other.issue("ca")
    other.issue("client", "DNS:prometheus.example")
    impostor = certificates.trust()
    impostor.load_cert_chain(other.file("client.crt"), other.file("client.key"))
    return {None: certificates.trust(), "client": certificates.trust("client"), "impostor": impostor}


@pytest.mark.parametrize(
    ("client", "allowed", "status"),
    [
        ("client", "prometheus.example", 200),
        ("client", "127.0.0.9", 200),
        ("client", "example", 403),
        ("stranger", "prometheus.example", 403),
    ],
)
def test_allowed_names_of_clients(
    configured: Configured, certificates: Certificates, client: str, allowed: str, status: int
) -> None:
    text = CLIENTS + f"RequireAndVerifyClientCert\n  client_allowed_sans: [other.example, {allowed}]"
    assert configured(text).get(tls=certificates.trust(client)).status == status


def test_versions_and_ciphers(configured: Configured, certificates: Certificates) -> None:
    suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    choice = f"  max_version: TLS12\n  cipher_suites: [{suite}]\n  curve_preferences: [CurveP256]\n"
    server = configured(SERVER + choice)
    with (
        server.connect() as raw,
        certificates.trust().wrap_socket(raw, server_hostname="127.0.0.1") as client,
    ):
        assert client.version() == "TLSv1.2"
        cipher = client.cipher()
        assert cipher is not None
        assert cipher[0] == "ECDHE-ECDSA-AES128-GCM-SHA256"


def test_minimum_version(configured: Configured, certificates: Certificates) -> None:
    server, old = configured(SERVER + "  min_version: TLS13\n"), certificates.trust()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        server.get(tls=old)
    assert server.get(tls=certificates.trust()).status == 200


def test_handshakes_that_never_end_do_not_stall_a_scrape(
    configured: Configured, certificates: Certificates
) -> None:
    server = configured(SERVER, limits=Limits(header_seconds=3600))
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(server.connect()).sendall(b"\x16\x03\x01")
        assert server.get(tls=certificates.trust()).status == 200


def test_handshakes_that_never_end_are_hung_up_on(configured: Configured) -> None:
    server = configured(SERVER, limits=Limits(header_seconds=0.2))
    with server.connect() as slow:
        slow.sendall(b"\x16\x03\x01")
        assert slow.recv(10) == b""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.key", None, "No such file"),
        ("junk.key", "junk", "no start line|not a PEM"),
        ("ca.key", "", "mismatch"),
    ],
)
def test_unusable_keys_are_told_in_one_line(
    certificates: Certificates, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    key = certificates.file(name) if content == "" else tmp_path / name
    if content:
        key.write_text(content)
    settings = TlsServer(cert_file=certificates.file("server.crt"), key_file=key)
    with pytest.raises(WebError, match=message) as caught:
        ssl_context(settings)
    assert str(key) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_key_with_a_password_asks_nobody(certificates: Certificates, tmp_path: Path) -> None:
    locked, program = tmp_path / "locked.key", tmp_path / "program.py"
    source = str(certificates.file("server.key"))
    command = ["openssl", "ec", "-in", source, "-aes256", "-passout", "pass:word", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    program.write_text(LOCKED.format(certificate=certificates.file("server.crt"), key=locked))
    on_a_terminal = ["script", "-qec", f"{sys.executable} {program}", "/dev/null"]
    ran = subprocess.run(
        on_a_terminal, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
    )
    assert ran.stdout.startswith("cannot use the certificate and key")


LOCKED = """
from pathlib import Path
from exporter.web.config import TlsServer
from exporter.web.tls import ssl_context
try:
    ssl_context(TlsServer(cert_file=Path("{certificate}"), key_file=Path("{key}")))
except Exception as error:
    print(error)
"""


def test_names_of_every_kind() -> None:
    kinds = (
        ("DNS", "a.example"),
        ("IP Address", "0:0:0:0:0:0:0:1"),
        ("email", "a@b.example"),
        ("URI", "spiffe://a/b"),
    )
    assert names({"subjectAltName": kinds}) == {"a.example", "::1", "a@b.example", "spiffe://a/b"}
