"""Command-line flags both programs share, named as in Prometheus' exporter-toolkit.

Parsed values: `web_listen_address` (tuple), `web_telemetry_path`, `web_config_file` (Path or None),
`web_systemd_socket`, `log_level`, `log_format`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exporter.web.listen import parse_address
from exporter.web.logs import FORMATS, LEVELS
from exporter.web.message import WebError

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_web_flags(parser: argparse.ArgumentParser, default_address: str = ":9177") -> None:
    """The server's flags."""
    group = parser.add_argument_group("web")
    group.add_argument(
        "--web.listen-address",
        dest="web_listen_address",
        metavar="ADDRESS",
        action=_Repeatable,
        type=_address,
        default=(default_address,),
        help=f"HOST:PORT, [IPV6]:PORT or :PORT to listen on; repeatable (default {default_address})",
    )
    group.add_argument(
        "--web.telemetry-path",
        dest="web_telemetry_path",
        metavar="PATH",
        type=_path,
        default="/metrics",
        help="path of the metrics (default %(default)s)",
    )
    group.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        type=Path,
        help="TLS and authentication, in the format of Prometheus' exporter-toolkit",
    )
    group.add_argument(
        "--web.systemd-socket",
        dest="web_systemd_socket",
        action="store_true",
        help="take the sockets of the systemd socket unit instead of listening",
    )


def add_log_flags(parser: argparse.ArgumentParser) -> None:
    """The log's flags."""
    group = parser.add_argument_group("log")
    group.add_argument(
        "--log.level",
        dest="log_level",
        choices=tuple(LEVELS),
        default="info",
        help="least severe messages to log (default %(default)s)",
    )
    group.add_argument(
        "--log.format",
        dest="log_format",
        choices=tuple(FORMATS),
        default="logfmt",
        help="form of the log's lines (default %(default)s)",
    )


class _Repeatable(argparse.Action):
    """Collect values; the first one given replaces the default."""

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
    if not text.startswith("/") or text == "/":
        raise argparse.ArgumentTypeError(f"{text!r} is no path of its own; write /metrics or the like")
    return text
