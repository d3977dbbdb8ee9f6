"""The web configuration in force: reloaded when it changes, and never half."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import shutil
import threading
from typing import TYPE_CHECKING

import bcrypt
import pytest

from certificates import Certificates
from exporter.web import gate as gates
from exporter.web.config import RateLimit
from exporter.web.gate import Gate, TokenBucket
from exporter.web.limits import Limits
from exporter.web.message import Request, Response, WebError

from .conftest import until

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from .conftest import Running, Start

HASH = bcrypt.hashpw(b"a", b"$2b$04$" + b"." * 22).decode()  # always the same: it is part of names of tests
USERS = f"basic_auth_users:\n  alice: {HASH}\n"
TLS = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"


@pytest.fixture
def folder(tmp_path: Path, certificates: Certificates) -> Path:
    for name in ("server.crt", "server.key", "ca.crt"):
        shutil.copy(certificates.file(name), tmp_path)
    return tmp_path


LATER = itertools.count(2_000_000_000)  # a file system may not tell changes within a tick apart


def write(path: Path, text: str) -> None:
    """At once: a server that looks in between would see two changes."""
    new, later = path.with_name(f"{path.name}.new"), next(LATER)
    new.write_text(text)
    os.utime(new, (later, later))
    new.replace(path)


def gate(folder: Path, text: str) -> Gate:
    write(folder / "web.yml", text)
    return Gate(folder / "web.yml")


def test_no_file_is_no_rules() -> None:
    made = Gate(None)
    assert made.rules.tls is None
    assert not made.refresh()


def test_unchanged_files_are_not_read_again(folder: Path) -> None:
    made = gate(folder, TLS + USERS)
    rules = made.rules
    assert not made.refresh()
    assert made.rules is rules


def test_changed_file_is_read(folder: Path) -> None:
    made = gate(folder, USERS)
    write(folder / "web.yml", USERS.replace("alice", "bob"))
    assert made.refresh()
    assert list(made.rules.config.basic_auth_users) == ["bob"]
    assert not made.refresh()


def test_renewed_certificate_is_read_once_certificate_and_key_match(
    folder: Path, certificates: Certificates
) -> None:
    made = gate(folder, TLS)
    context = made.rules.tls
    certificates.issue("renewed", "IP:127.0.0.1")
    write(folder / "server.crt", certificates.file("renewed.crt").read_text())
    assert not made.refresh()
    assert made.rules.tls is context
    write(folder / "server.key", certificates.file("renewed.key").read_text())
    assert made.refresh()
    assert made.rules.tls is not context


def test_certificate_that_appears_after_the_configuration_is_read(folder: Path) -> None:
    made = gate(folder, TLS)
    write(folder / "web.yml", TLS.replace("server.", "new."))
    assert not made.refresh()
    shutil.copy(folder / "server.crt", folder / "new.crt")
    shutil.copy(folder / "server.key", folder / "new.key")
    assert made.refresh()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("basic_auth_users: [", "web.yml:1: "),
        (USERS + "colour: blue\n", 'web.yml:3: unknown key "colour"'),
        (TLS + USERS.replace("$2b", "$9b"), "web.yml:5: expected a bcrypt hash"),
        (TLS.replace("server.crt", "gone.crt") + USERS, "gone.crt"),
        (TLS, "it switches off basic authentication"),
        (USERS, "it switches off TLS"),
        ("", "it switches off TLS"),
    ],
)
def test_bad_change_changes_nothing_and_is_logged(
    folder: Path, caplog: pytest.LogCaptureFixture, text: str, message: str
) -> None:
    made = gate(folder, TLS + USERS)
    rules = made.rules
    write(folder / "web.yml", text)
    assert not made.refresh()
    assert made.rules is rules
    (line,) = caplog.records
    assert line.levelno == logging.ERROR
    assert message in vars(line)["err"]
    assert not made.refresh()
    assert len(caplog.records) == 1, "told once for each change"


def test_a_connection_that_is_busy_at_a_reload_ends_with_its_answer(
    start: Start, folder: Path, certificates: Certificates
) -> None:
    """An authority that is revoked must not live on in connections that were made under it."""
    begun, free = threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        begun.set()
        assert free.wait(10)
        return Response(b"whole")

    write(
        folder / "web.yml", TLS + "  client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n"
    )
    server = start({"/slow": slow}, web_config=folder / "web.yml", limits=Limits(reload_seconds=0.02))
    head = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        server.connect() as plain,
        certificates.trust("client").wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(head)
        assert begun.wait(10)
        other = Certificates(folder / "other")
        other.folder.mkdir()
        other.issue("ca")
        write(folder / "ca.crt", other.file("ca.crt").read_text())
        assert until(lambda: refused(server, certificates.trust("client")))
        client.sendall(head)
        free.set()
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.endswith(b"whole")


def refused(server: Running, context: ssl.SSLContext) -> bool:
    try:
        server.get("/none", tls=context)
    except OSError:
        return True
    return False


def test_an_unforeseen_exception_does_not_end_reloading(
    start: Start, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "web.yml", USERS)
    server = start(web_config=folder / "web.yml", limits=Limits(reload_seconds=0.02))
    with monkeypatch.context() as patch:
        patch.setattr(gates, "load", lambda *_: 1 // 0)
        write(folder / "web.yml", USERS.replace("alice", "bob"))
        assert until(lambda: "web configuration is not reloaded" in caplog.messages)
    assert caplog.messages.count("web configuration is not reloaded") == 1, "told once for each change"
    write(folder / "web.yml", "http_server_config:\n  headers:\n    X-Frame-Options: deny\n" + USERS)
    assert until(lambda: server.get().headers["X-Frame-Options"] == "deny")


def test_removed_file_changes_nothing(folder: Path) -> None:
    made = gate(folder, USERS)
    (folder / "web.yml").unlink()
    assert not made.refresh()
    write(folder / "web.yml", USERS.replace("alice", "bob"))
    assert made.refresh()


def test_client_certificates_cannot_be_dropped_either(folder: Path) -> None:
    made = gate(folder, TLS + "  client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n")
    write(folder / "web.yml", TLS)
    assert not made.refresh()


def test_wrong_file_stops_the_start(folder: Path) -> None:
    with pytest.raises(WebError, match=r"web\.yml:2: "):
        gate(folder, "basic_auth_users:\n  alice: secret\n")


def test_running_server_takes_up_new_rules(start: Start, folder: Path, certificates: Certificates) -> None:
    write(folder / "web.yml", "http_server_config:\n  headers:\n    X-Frame-Options: deny\n")
    server = start(web_config=folder / "web.yml", limits=Limits(reload_seconds=0.02))
    with server.connect() as kept:
        kept.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"X-Frame-Options: deny" in kept.recv(4096)
        write(folder / "web.yml", TLS + USERS)
        assert kept.recv(10) == b"", "no connection outlives the rules it came in by"
    with pytest.raises(OSError, match=r"closed connection|reset"):
        server.get()
    trust = certificates.trust()
    assert server.get(tls=trust).status == 401
    certificates.issue("second", "IP:127.0.0.1")
    before = _serial(server, trust)
    shutil.copy(certificates.file("second.crt"), folder / "server.crt")
    shutil.copy(certificates.file("second.key"), folder / "server.key")

    def renewed() -> bool:
        with contextlib.suppress(OSError):  # a handshake under the old rules is cut off
            return _serial(server, trust) != before
        return False

    assert until(renewed), "the renewed certificate is in use"


def test_new_rules_without_tls_keep_connections_and_hold_on_them(start: Start, folder: Path) -> None:
    """A scraper that has just connected, and has not sent its request, would lose a scrape."""
    write(folder / "web.yml", "http_server_config:\n  headers:\n    X-Frame-Options: deny\n")
    server = start(web_config=folder / "web.yml", limits=Limits(reload_seconds=0.02))
    with server.connect() as kept:
        kept.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"X-Frame-Options: deny" in kept.recv(4096)
        write(folder / "web.yml", "http_server_config:\n  headers:\n    X-Frame-Options: sameorigin\n")
        assert until(lambda: server.get().headers["X-Frame-Options"] == "sameorigin")
        kept.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"X-Frame-Options: sameorigin" in kept.recv(4096)
        write(folder / "web.yml", USERS)
        assert until(lambda: server.get().status == 401)
        kept.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 401 " in kept.recv(4096)


def _serial(server: Running, trust: ssl.SSLContext) -> object:
    with server.connect() as raw, trust.wrap_socket(raw, server_hostname="127.0.0.1") as client:
        certificate = client.getpeercert()
        assert certificate
        return certificate["serialNumber"]


def test_rate_limit(start: Start, tmp_path: Path) -> None:
    write(tmp_path / "web.yml", "rate_limit:\n  interval: 1h\n  burst: 3\n")
    server = start(web_config=tmp_path / "web.yml")
    replies = [server.get("/none") for _ in range(4)]
    assert [each.status for each in replies] == [404, 404, 404, 429]
    assert replies[3].headers["Retry-After"] == "1"


def test_token_bucket_holds_no_more_than_the_burst() -> None:
    now = 100.0
    bucket = TokenBucket(RateLimit(interval=2.0, burst=2), lambda: now)
    now += 1000
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now += 2
    assert [bucket.take() for _ in range(2)] == [True, False]
