"""The flags of `report`: the form, the period, whom it is on, where it goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.commands.flags import flag
from forecaster.config import durations
from forecaster.report.mail import Smarthost, password
from forecaster.report.pdf import weasyprint

if TYPE_CHECKING:
    import argparse

FORMATS = ("text", "html", "pdf", "csv", "json")
LEAST, MOST = 86_400, 400 * 86_400  # seconds of a period: a day to a bit more than a year
KEEP = 400 * 86_400  # seconds
LOCAL = {"localhost", "127.0.0.1", "::1"}


def period(text: str) -> int:
    """A duration from a day to 400 days."""
    found = durations.seconds(text)
    if not LEAST <= found <= MOST:
        raise ValueError(f"{text!r}: a report is on 1d to 400d")
    return found


def add_report_flags(parser: argparse.ArgumentParser) -> None:
    """What the report is on, and how it is written."""
    group = parser.add_argument_group("report")
    group.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text: what is known now, for a terminal; html, pdf (needs WeasyPrint): a document with plots;"
        " csv: a row a VM; json: all of it (default text)",
    )
    group.add_argument(
        "--since",
        metavar="DURATION",
        type=flag(period),
        default=30 * 86_400,
        help="the time a document is on, up to now (default 30d)",
    )
    group.add_argument(
        "--owner", metavar="NAME", default="", help="only the VMs of an owner, or of a project (default: all)"
    )
    group.add_argument(
        "--template", metavar="FILE", type=Path, help="a Jinja template for html and pdf, of one's own"
    )
    group.add_argument(
        "--output", metavar="FILE", type=Path, help="write to a file (default: standard output)"
    )
    group.add_argument(
        "--archive.dir",
        dest="archive_dir",
        metavar="DIR",
        type=Path,
        help="write to a folder, under a name with the time, and take old reports away",
    )
    group.add_argument(
        "--archive.keep",
        dest="archive_keep",
        metavar="DURATION",
        type=flag(durations.seconds),
        default=KEEP,
        help="how long the folder keeps a report (default 400d)",
    )


def add_mail_flags(parser: argparse.ArgumentParser) -> None:
    """Whom the report is sent to, and how."""
    group = parser.add_argument_group("mail")
    group.add_argument(
        "--mail-to",
        metavar="ADDRESS",
        action="append",
        default=[],
        help="send it to an address; may be repeated",
    )
    group.add_argument(
        "--mail.from",
        dest="mail_from",
        metavar="ADDRESS",
        default="virtcast@localhost",
        help="the sender (default virtcast@localhost)",
    )
    group.add_argument(
        "--mail.smarthost",
        dest="mail_smarthost",
        metavar="HOST:PORT",
        type=flag(Smarthost.parse),
        default=("localhost", 25),
        help="the mail server (default localhost:25)",
    )
    group.add_argument(
        "--mail.tls",
        dest="mail_tls",
        choices=("starttls", "implicit", "none"),
        default=None,
        help="how the connection is protected (default: none to localhost, else starttls)",
    )
    group.add_argument(
        "--mail.username",
        dest="mail_username",
        metavar="NAME",
        default="",
        help="who is known to the mail server",
    )
    group.add_argument(
        "--mail.password-file",
        dest="mail_password_file",
        metavar="FILE",
        type=Path,
        help="a file with the password, read when a report is sent",
    )


def smarthost(flags: argparse.Namespace) -> Smarthost:
    """The mail server of the flags. Raises ValueError."""
    host, port = flags.mail_smarthost
    if (flags.mail_password_file is None) != (not flags.mail_username):
        raise ValueError("--mail.username and --mail.password-file need one another")
    secret = "" if flags.mail_password_file is None else password(flags.mail_password_file)
    return Smarthost(
        host, port, flags.mail_tls or ("none" if host in LOCAL else "starttls"), flags.mail_username, secret
    )


def check(flags: argparse.Namespace) -> None:
    """What would fail after the report has been made fails now. Raises ValueError; for PDF what an import of
    WeasyPrint raises.
    """
    documents = flags.archive_dir is not None or flags.mail_to or flags.owner or flags.template is not None
    if flags.format == "text" and documents:
        raise ValueError(
            "a report for a terminal has no owner, template, archive or mail: use another --format"
        )
    if flags.format != "text" and flags.shard.count > 1:
        raise ValueError("--shard is for text: a document is on the whole fleet, which no shard has")
    if flags.template is not None and flags.format not in {"html", "pdf"}:
        raise ValueError("--template is for html and pdf")
    if flags.template is not None and not flags.template.is_file():
        raise ValueError(f"{flags.template}: no such file")
    if flags.output is not None and flags.output.exists() and not flags.output.is_file():
        raise ValueError(f"{flags.output} is there and is no file: a report takes the place of files only")
    for path in (flags.archive_dir, flags.output and flags.output.absolute().parent):
        if path is not None and not (path.is_dir() and os.access(path, os.W_OK)):
            raise ValueError(f"{path} is no directory that can be written to")
    if flags.mail_to:
        smarthost(flags)
    if flags.format == "pdf":
        weasyprint()
