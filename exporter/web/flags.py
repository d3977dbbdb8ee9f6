"""Command-line flags of both programs, named as in the Prometheus exporter-toolkit.

Parsed values: `web_listen_address` (tuple), `web_telemetry_path`, `web_config_file` (Path or None),
`web_systemd_socket`, `web_access_log`, `web_enable_lifecycle`, `log_level`, `log_format`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exporter.web.listen import parse_address
from exporter.web.logs import FORMATS, LEVELS
from exporter.web.message import WebError
from exporter.web.routing import LITERAL

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_web_flags(parser: argparse.ArgumentParser, default_address: str = ":9177") -> None:
    """Add the flags of the web server."""
    group = parser.add_argument_group("web")
    group.add_argument(
        "--web.listen-address",
        dest="web_listen_address",
        metavar="ADDRESS",
        action=_Repeatable,
        type=_address,
        default=(default_address,),
        help=f"address to listen on: HOST:PORT, [IPV6]:PORT or :PORT; repeatable (default {default_address})",
    )
    group.add_argument(
        "--web.telemetry-path",
        dest="web_telemetry_path",
        metavar="PATH",
        type=_path,
        default="/metrics",
        help="path of the metrics page (default %(default)s)",
    )
    group.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        type=Path,
        help="file that configures TLS and authentication, in the format of the Prometheus exporter-toolkit",
    )
    group.add_argument(
        "--web.access-log",
        dest="web_access_log",
        action="store_true",
        help="log a line for each request, as an audit trail: client, user, method, path, status, size, time",
    )
    group.add_argument(
        "--web.enable-lifecycle",
        dest="web_enable_lifecycle",
        action="store_true",
        help="read the configuration again on POST /-/reload, too, and not only on SIGHUP",
    )
    group.add_argument(
        "--web.systemd-socket",
        dest="web_systemd_socket",
        action="store_true",
        help="serve on the sockets of the systemd socket unit instead of --web.listen-address",
    )


def add_log_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the log."""
    group = parser.add_argument_group("log")
    group.add_argument(
        "--log.level",
        dest="log_level",
        choices=tuple(LEVELS),
        default="info",
        help="lowest level of the messages to log (default %(default)s)",
    )
    group.add_argument(
        "--log.format",
        dest="log_format",
        choices=tuple(FORMATS),
        default="logfmt",
        help="format of log messages (default %(default)s)",
    )


class _Repeatable(argparse.Action):
    """Collects values. The first one that is given replaces the default."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        _option: str | None = None,
    ) -> None:
        present = getattr(namespace, self.dest)
        setattr(namespace, self.dest, (*(() if present is self.default else present), values))


def _address(text: str) -> str:
    try:
        parse_address(text)
    except WebError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _path(text: str) -> str:
    if text == "/" or not text.startswith("/") or not all(map(LITERAL.fullmatch, text[1:].split("/"))):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be the path of the metrics; use one like /metrics")
    return text
