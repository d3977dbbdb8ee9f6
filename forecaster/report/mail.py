"""Sends a report by mail: the document is attached, the text says what is in it."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.report.document import Document

TIMEOUT = 60  # seconds for each step with the server
FIRST = 5  # rows of a table that the text has
TYPES = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "csv": ("text", "csv"),
    "json": ("application", "json"),
}


@dataclass(frozen=True)
class Smarthost:
    """The server that takes mails. Passwords are sent over TLS only."""

    host: str
    port: int
    tls: str = "starttls"  # or "implicit", "none"
    username: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> tuple[str, int]:
        """HOST:PORT; an IPv6 address in brackets."""
        host, colon, port = text.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        if not colon or not bare or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"{text!r} is no mail server: write HOST:PORT, such as mail.example.org:587")
        return bare, int(port)

    def __post_init__(self) -> None:
        if self.password and self.tls == "none":
            raise ValueError("a password is sent over TLS only: use --mail.tls=starttls or implicit")
        if not (self.username + self.password).isascii():  # smtplib would say which character of it
            raise ValueError("user name and password of the mail server must be ASCII")


def message(
    document: Document, attached: bytes, form: str, name: str, addresses: tuple[str, tuple[str, ...]]
) -> EmailMessage:
    """The mail from an address to some. Raises ValueError where one cannot be a mail's."""
    sender, to = addresses
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Subject"] = f"virtcast: {document.title}, {document.period}"
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="virtcast.invalid")
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers of people who are away
    mail.set_content(text(document))
    main, sub = TYPES[form]
    if main == "text":
        mail.add_attachment(attached.decode(), subtype=sub, filename=name)
    else:
        mail.add_attachment(attached, maintype=main, subtype=sub, filename=name)
    return mail


def text(document: Document) -> str:
    """The facts, and what to look at first."""
    lines = [f"{document.title}, {document.period}", ""]
    lines += [f"{name}: {value}" for name, value in document.facts]
    for section in document.sections:
        if section.name in {"issues", "runway"}:
            lines += ["", section.title]
            lines += [f"- {'; '.join(filter(None, row))}" for row in section.rows[:FIRST]] or [
                section.nothing
            ]
    return "\n".join(lines) + "\n"


def send(mail: EmailMessage, smarthost: Smarthost) -> None:
    """Hand a mail to the server. Raises OSError where it is not reached or does not take it."""
    context = ssl.create_default_context()
    of = (smarthost.host, smarthost.port)
    with (
        smtplib.SMTP_SSL(*of, timeout=TIMEOUT, context=context)
        if smarthost.tls == "implicit"
        else smtplib.SMTP(*of, timeout=TIMEOUT)
    ) as server:
        if smarthost.tls == "starttls":
            server.starttls(context=context)
        if smarthost.username:
            server.login(smarthost.username, smarthost.password)
        refused = server.send_message(mail)
    if refused:
        raise OSError(f"the mail server refused {', '.join(sorted(refused))}")


def password(path: Path) -> str:
    """The one line of a file of a secret; raises ValueError without its content."""
    from forecaster.promql import secret_file  # noqa: PLC0415 (requests is slow to load)
    from forecaster.promql.results import PromqlError  # noqa: PLC0415 (as above)

    try:
        return secret_file.password(path)
    except PromqlError as error:
        raise ValueError(str(error)) from None
