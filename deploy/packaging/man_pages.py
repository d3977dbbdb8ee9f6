"""Manual pages of both programs, from the flags of their command lines.

    python deploy/packaging/man_pages.py DIR

writes virtcast-exporter.1 and virtcast-forecaster.1. They have no version and no date:
the packages have these.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exporter.flags import parser
from forecaster.cli import arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH = re.compile(r"^([.'])", re.MULTILINE)  # at the start of a line these begin a request of troff

SECRETS = (
    "Keys, passwords and tokens. systemd gives them to the service when it starts, as "
    "/run/credentials/virtcast-{}.service/secret_NAME."
)
FLAGS = (
    "Further flags of the service, in ARGS. systemd drops a single backslash: within single quotes each is "
    "written twice."
)


class Page(NamedTuple):
    """What the flags do not say of a program."""

    parser: argparse.ArgumentParser
    name: str
    files: tuple[tuple[str, str], ...]
    signals: tuple[tuple[str, str], ...]
    see: str


PAGES = (
    Page(
        parser(""),
        "Prometheus exporter for libvirt",
        (
            ("/etc/virtcast/exporter.yml", "The targets of /probe; read again on SIGHUP."),
            (
                "/etc/virtcast/exporter-web.yml",
                "TLS and passwords, if it exists; read again when it changes.",
            ),
            ("/etc/virtcast/exporter.secrets", SECRETS.format("exporter")),
            ("/etc/default/virtcast-exporter", FLAGS),
        ),
        (
            ("SIGHUP", "Read the targets again. A file with an error changes nothing."),
            ("SIGTERM, SIGINT", "End; running requests are answered."),
        ),
        "virtcast-forecaster",
    ),
    Page(
        arguments(),
        "forecasts of the series of a Prometheus server",
        (
            ("/etc/virtcast/forecaster.yml", "The configuration; read again on SIGHUP."),
            (
                "/etc/virtcast/forecaster-web.yml",
                "TLS and passwords, if it exists; read again when it changes.",
            ),
            ("/etc/virtcast/forecaster.secrets", SECRETS.format("forecaster")),
            ("/etc/default/virtcast-forecaster", FLAGS),
            (
                "/etc/default/virtcast-report",
                "Further flags of reports, in ARGS as above. The package has no such file.",
            ),
            (
                "/var/lib/virtcast-forecaster",
                "What was learned. It may be deleted while the service is stopped.",
            ),
            ("/var/lib/virtcast-report", "Reports that virtcast-report.service has written."),
            (
                "virtcast-report.timer",
                "Starts virtcast-report.service once a month: systemctl enable --now virtcast-report.timer.",
            ),
        ),
        (
            ("SIGHUP", "Read the configuration again. A file with an error changes nothing."),
            ("SIGTERM, SIGINT", "End; what was learned is saved."),
        ),
        "virtcast-exporter",
    ),
)


def page(of: Page) -> str:
    """The manual page, in the man macros of troff."""
    given = of.parser
    return "\n".join(
        (
            f'.TH {given.prog.upper()} 1 "" virtcast "User commands"',
            ".SH NAME",
            f"{_text(given.prog)} \\- {_text(of.name)}",
            ".SH SYNOPSIS",
            f".B {_text(given.prog)}",
            "[COMMAND] [FLAGS]" if _commands(given) else "[FLAGS]",
            ".SH DESCRIPTION",
            _text(given.description or ""),
            *_paragraph(given.epilog),
            *_flags(given, ".SH"),
            *(line for name, each in _commands(given) for line in _command(name, each)),
            *_listed("SIGNALS", of.signals),
            *_listed("FILES", of.files),
            ".SH SEE ALSO",
            f".BR {_text(of.see)} (1)",
            "",
        )
    )


def _commands(given: argparse.ArgumentParser) -> tuple[tuple[str, argparse.ArgumentParser], ...]:
    """Subcommands by name."""
    for each in given._actions:  # noqa: SLF001 (argparse has no other way to ask)
        if isinstance(each, argparse._SubParsersAction):  # noqa: SLF001 (as above)
            return tuple(each.choices.items())
    return ()


def _command(name: str, given: argparse.ArgumentParser) -> Iterator[str]:
    yield f".SH COMMAND {_text(name.upper())}"
    yield _text(given.description or "")
    yield from _flags(given, ".SS")


def _flags(given: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    """The flags by group, under headings of a level."""
    for group in given._action_groups:  # noqa: SLF001 (as above)
        shown = [
            each
            for each in group._group_actions  # noqa: SLF001 (as above)
            if each.help != argparse.SUPPRESS and not isinstance(each, argparse._SubParsersAction)  # noqa: SLF001 (as above)
        ]
        if shown:
            yield f"{heading} {_text((group.title or '').upper())}"
        for each in shown:
            yield from (".TP", _names(each), _text(_help(given, each)))


def _names(action: argparse.Action) -> str:
    """`--flag=VALUE`, in bold and italics."""
    value = "" if action.nargs == 0 else _value(action)
    if not action.option_strings:
        return f"\\fI{_text(value)}\\fR"
    shown = f"=\\fI{_text(value)}\\fR" if value else ""
    return ", ".join(f"\\fB{_text(name)}\\fR" for name in action.option_strings) + shown


def _value(action: argparse.Action) -> str:
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _help(given: argparse.ArgumentParser, action: argparse.Action) -> str:
    return given._get_formatter()._expand_help(action) if action.help else ""  # noqa: SLF001 (as above)


def _paragraph(text: str | None) -> Iterable[str]:
    return (".PP", _text(text)) if text else ()


def _listed(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f".SH {title}"
    for name, meaning in rows:
        yield from (".TP", f".B {_text(name)}", _text(meaning))


def _text(text: str) -> str:
    """Text of troff: dashes are those of flags, and no line is a request."""
    escaped = text.strip().replace("\\", "\\e").replace("-", "\\-")
    return WIDTH.sub(r"\\&\1", re.sub(r"\n\s*\n", "\n.PP\n", escaped).replace("\n.PP\n", "\0")).replace(
        "\0", "\n.PP\n"
    )


def main() -> int:
    """Write the pages to the folder that is given."""
    for each in PAGES:
        Path(sys.argv[1], f"{each.parser.prog}.1").write_text(page(each))
    return 0


if __name__ == "__main__":
    sys.exit(main())
