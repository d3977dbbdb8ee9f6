"""The access log, as an auditor reads it."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

import bcrypt
import pytest

from .conftest import until

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Certificates

    from .conftest import Start

PASSWORD = "open sesame"  # noqa: S105 (of a test)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def lines(caplog: pytest.LogCaptureFixture, number: int) -> list[logging.LogRecord]:
    """The lines about requests, once there are that many."""

    def found() -> list[logging.LogRecord]:
        return [each for each in caplog.records if each.getMessage() in {"access", "request"}]

    assert until(lambda: len(found()) >= number)
    return found()


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    file = tmp_path / "web.yml"
    file.write_text(
        f"basic_auth_users: {{alice: {bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}}}\n"
    )
    return file


def test_each_request_is_one_line(start: Start, caplog: pytest.LogCaptureFixture, passwords: Path) -> None:
    caplog.set_level(logging.ERROR)  # the level of the log does not matter
    caplog.set_level(logging.INFO, "exporter.web.access")
    server = start(web_config=passwords, access_log=True)
    page = server.get("/metrics?token=secret", basic("alice", PASSWORD))
    server.get("/metrics", basic("mallory", "guess"))
    server.get("/nothing", basic("alice", PASSWORD))
    server.get("/metrics", basic("alice", PASSWORD), method="POST")
    told = [(each.user, each.method, each.path, each.status, each.client) for each in lines(caplog, 4)]  # type: ignore[attr-defined]
    assert told == [
        ("alice", "GET", "/metrics", 200, "127.0.0.1"),
        ("", "GET", "/metrics", 401, "127.0.0.1"),  # who was wrong may be anybody
        ("alice", "GET", "/nothing", 404, "127.0.0.1"),
        ("alice", "POST", "/metrics", 405, "127.0.0.1"),
    ]
    first = vars(lines(caplog, 4)[0])
    assert first["size"] == len(page.body)
    assert float(first["seconds"]) >= 0
    assert "secret" not in str(first)


def test_the_bytes_are_those_that_were_sent(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "exporter.web.access")
    server = start(access_log=True)
    small = server.get("/metrics", {"Accept-Encoding": "gzip"})
    server.get("/metrics", method="HEAD")
    assert [each.size for each in lines(caplog, 2)] == [len(small.body), 0]  # type: ignore[attr-defined]


def test_a_flood_leaves_no_line_out(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "exporter.web.access")
    server = start(access_log=True)
    for _ in range(30):
        server.get("/nothing")
    assert len(lines(caplog, 30)) == 30


def test_a_certificate_names_the_client(
    start: Start, caplog: pytest.LogCaptureFixture, certificates: Certificates, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "exporter.web.access")
    file = tmp_path / "web.yml"
    file.write_text(
        f"tls_server_config: {{cert_file: {certificates.file('server.crt')}, key_file: "
        f"{certificates.file('server.key')}, client_ca_file: {certificates.file('ca.crt')}, "
        "client_auth_type: RequireAndVerifyClientCert}\n"
    )
    start(web_config=file, access_log=True).get(tls=certificates.trust("client"))
    assert [each.user for each in lines(caplog, 1)] == ["127.0.0.9,prometheus.example"]  # type: ignore[attr-defined]


def test_it_is_off_unless_asked_for(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "exporter.web")
    start().get("/nothing")
    start().get()
    assert [each.getMessage() for each in lines(caplog, 2)] == ["request", "request"]
