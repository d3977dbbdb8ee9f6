"""report: read the history once; print what comes and what is unusual, or write a document on a period."""

from __future__ import annotations

import math
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.web.logs import configure_logging
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_shard_flag, configured
from forecaster.commands.report_flags import add_mail_flags, add_report_flags, check, smarthost

if TYPE_CHECKING:
    import argparse

    from forecaster.report.document import Document
    from forecaster.view.view import Fresh, View


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of report."""
    add_config_flags(parser)
    add_shard_flag(parser)
    add_report_flags(parser)
    add_mail_flags(parser)


def run(flags: argparse.Namespace) -> int:
    """Write the report; 1 if a resource could not be read."""
    from forecaster.report.text import report  # noqa: PLC0415 (numpy is slow to load)

    configure_logging("info", "logfmt")
    check(flags)
    view = _view(flags)
    if not view.backend_up:
        return 1  # the log says why
    if flags.format == "text":
        _written(flags, report(view).encode(errors="replace"))
    else:
        document, content = _document(flags, view)
        _written(flags, content, document)
    return 1 if any(each.error for each in view.resources) else 0


def _view(flags: argparse.Namespace) -> View:
    """All that is known now. For a terminal all of the history is learned; a document is on the past, and
    what is unusual now is judged by the last day.
    """
    from forecaster.serve.loop import Loop  # noqa: PLC0415 (numpy is slow to load)

    config = configured(flags)
    since = 0 if flags.format == "text" else flags.since
    loop = Loop(
        config, threading.Event(), clock=time.time, recent_first=flags.format != "text", past_seconds=since
    )
    now = loop.due()
    loop.cycle(now)
    loop.read_past(now)
    return loop.view


def _document(flags: argparse.Namespace, view: View) -> tuple[Document, bytes]:
    """The report on the period, and it as it is written."""
    from forecaster.report.document import document  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.view.owned import owned, owners  # noqa: PLC0415 (as above)

    known = owners(view.inventory)
    if flags.owner and flags.owner not in known:
        raise ValueError(f"no VM is of {flags.owner!r}: owners are {', '.join(known) or 'not known'}")
    chosen = owned(view, flags.owner) if flags.owner else view
    fresh = chosen.fresh(chosen.made_at, math.inf)
    fresh = replace(fresh, now=max((rows.at for rows in fresh.rows), default=int(view.made_at)))
    made = document(fresh, flags.since // view.rollups.every, flags.owner)
    return made, _as(flags, made, fresh)


def _as(flags: argparse.Namespace, made: Document, fresh: Fresh) -> bytes:
    """The document in the form that is asked for."""
    from forecaster.api.anomalies import anomalies  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.api.issues import told  # noqa: PLC0415 (as above)
    from forecaster.report.as_csv import as_csv  # noqa: PLC0415 (as above)
    from forecaster.report.as_json import as_json  # noqa: PLC0415 (as above)
    from forecaster.report.html import html  # noqa: PLC0415 (as above)
    from forecaster.report.pdf import pdf  # noqa: PLC0415 (as above)

    if flags.format == "csv":
        return as_csv(made).encode(errors="replace")
    if flags.format == "json":
        return as_json(made, {"issues": told(fresh), **anomalies(fresh.rows)}).encode(errors="replace")
    page = html(made, flags.template)
    return pdf(page) if flags.format == "pdf" else page.encode(errors="replace")


def _written(flags: argparse.Namespace, content: bytes, made: Document | None = None) -> None:
    """Put the report where it is to go: a file, the archive, mails, or else standard output."""
    from forecaster.report import archive, mail  # noqa: PLC0415 (numpy is slow to load)

    if flags.output is not None:
        archive.put(flags.output, content)
    if made is not None:
        name = archive.name(made.until, flags.owner, flags.format)
        if flags.archive_dir is not None:
            archive.put(flags.archive_dir / name, content)
            archive.expire(flags.archive_dir, time.time() - flags.archive_keep)
        if flags.mail_to:
            addresses = flags.mail_from, tuple(flags.mail_to)
            mail.send(mail.message(made, content, flags.format, name, addresses), smarthost(flags))
    if flags.output is None and flags.archive_dir is None and not flags.mail_to:
        sys.stdout.buffer.write(content)


COMMAND = Command(
    "report", "print what comes, or write a report on a period: html, pdf, csv, json", add_flags, run
)
