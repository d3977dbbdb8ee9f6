"""A web configuration before it is in force: whether a server could start with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.web.config import WebConfig
from exporter.web.finding import Finding
from exporter.web.gate import Rules
from exporter.web.message import WebError
from exporter.web.strict_yaml import load

if TYPE_CHECKING:
    from collections.abc import Iterable

CREDENTIALS = Path("/run/credentials")  # systemd puts files there when a service starts, and for nobody else


def checked(path: Path) -> Finding:
    """What a start would find; raises WebError as a start does.

    `none` where the file names credentials of a service that are not there, because it does not run: then
    the files beside them are only read.
    """
    config = load(path, WebConfig)
    files = config.tls_server_config.files
    later = [file for file in files if file.is_relative_to(CREDENTIALS) and not os.access(file, os.R_OK)]
    if not later:
        Rules(config)
        return Finding("ok", "web configuration", str(path))
    _require(file for file in files if file not in later)
    names = ", ".join(map(str, later))
    return Finding(
        "none", "web configuration", f"not checked, there is none before the service runs: {names}"
    )


def _require(files: Iterable[Path]) -> None:
    for file in files:
        try:
            file.read_bytes()
        except OSError as error:
            raise WebError(f"cannot read {file}: {error.strerror}") from error
