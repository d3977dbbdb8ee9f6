"""A report arrives at a mail server."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from forecaster.report import mail
from forecaster.report.mail import Smarthost
from sinks import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forecaster.report.document import Document

ADDRESSES = ("virtcast@example.org", ("ops@example.org", "boss@example.org"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def test_a_mail_has_the_document_and_says_what_is_in_it(made: Document, server: MailServer) -> None:
    told = mail.message(made, b"%PDF-1.7 \xff", "pdf", "virtcast-x.pdf", ADDRESSES)
    mail.send(told, Smarthost("127.0.0.1", server.port, "none"))
    got = server.mails[0].message
    assert got["Subject"] == f"virtcast: {made.title}, {made.period}"
    assert got["To"] == ", ".join(ADDRESSES[1])
    assert got["Auto-Submitted"] == "auto-generated"
    (attached,) = got.iter_attachments()
    assert attached.get_filename() == "virtcast-x.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == b"%PDF-1.7 \xff"
    text = server.mails[0].part("plain").replace("\r\n", "\n")
    assert "VMs: 60" in text
    assert "Look at first\n- " in text


@pytest.mark.parametrize("form", ["html", "csv"])
def test_a_text_is_attached_as_it_is(made: Document, form: str) -> None:
    (attached,) = mail.message(
        made, "VM,µ\r\nweb,1\r\n".encode(), form, f"r.{form}", ADDRESSES
    ).iter_attachments()
    assert attached.get_content_type() == f"text/{form}"
    assert attached.get_content().splitlines() == ["VM,µ", "web,1"]


def test_nobody_takes_mails_without_tls_where_it_is_wanted(made: Document, server: MailServer) -> None:
    told = mail.message(made, b"x", "pdf", "x.pdf", ADDRESSES)
    with pytest.raises((OSError, ssl.SSLError)):
        mail.send(told, Smarthost("127.0.0.1", server.port, "starttls"))
    assert server.mails == []


def test_an_address_cannot_bring_a_header(made: Document) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        mail.message(made, b"x", "pdf", "x.pdf", ("a@b", ("x@y\nBcc: z@z",)))


def test_a_password_goes_over_tls_only(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("s3cret\n")
    assert mail.password(path) == "s3cret"
    with pytest.raises(ValueError, match="over TLS only"):
        Smarthost("h", 25, "none", "me", "s3cret")
    with pytest.raises(ValueError, match="must be ASCII"):
        Smarthost("h", 25, "starttls", "me", "s\xe9cret")
    assert "s3cret" not in repr(Smarthost("h", 25, "starttls", "me", "s3cret"))
    path.write_text("two\nlines\n")
    with pytest.raises(ValueError, match="more than one line") as raised:
        mail.password(path)
    assert "two" not in str(raised.value)


@pytest.mark.parametrize("text", ["mail", "mail:", ":25", "mail:0", "mail:65536", "mail:x"])
def test_a_server_is_host_and_port(text: str) -> None:
    with pytest.raises(ValueError, match="write HOST:PORT"):
        Smarthost.parse(text)
    assert Smarthost.parse("[::1]:25") == ("::1", 25)
