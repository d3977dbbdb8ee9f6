"""A web configuration before it is in force: whether a server could start with it."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.web.config import TlsServer, WebConfig
from exporter.web.finding import Finding
from exporter.web.gate import Rules
from exporter.web.message import WebError
from exporter.web.strict_yaml import load
from exporter.web.tls import require_certificates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# systemd copies files of the second folder to the first at a start; until then those of the last are there.
CREDENTIALS = Path("/run/credentials")
SECRETS = Path("/etc/virtcast")
_SECRET = re.compile(r"virtcast-([^/]+)\.service/secret_([^/]+)")


def checked(path: Path) -> Finding:
    """What the next start would find; raises WebError as that start does.

    `none` where the file names a secret that cannot be read here, because root alone can, or a credential
    that the units of the packages do not give: then it is left out, and what is beside it is read.
    """
    config = load(path, WebConfig)
    tls = config.tls_server_config
    sources = {file: _source(file) for file in tls.files}
    unknown = [file for file, source in sources.items() if source is None]
    tls = _read_from(tls, sources)
    if not unknown:
        Rules(replace(config, tls_server_config=tls))
        return Finding("ok", "web configuration", str(path))
    _require(tls, unknown)
    names = ", ".join(map(str, unknown))
    return Finding("none", "web configuration", f"not checked, it cannot be read here: {names}")


def _source(file: Path) -> Path | None:
    """What a start reads for this name; None where that cannot be read or known here.

    Raises WebError where a start would find nothing.
    """
    if not file.is_relative_to(CREDENTIALS):
        return file
    secret = _SECRET.fullmatch(str(file.relative_to(CREDENTIALS)))
    if secret is None:
        return None
    folder = SECRETS / f"{secret[1]}.secrets"
    try:
        found = dict(_secrets(folder)).get(secret[2])
    except PermissionError:
        return None
    except OSError as error:
        raise WebError(f"cannot read {folder}, of {file}: {error.strerror}") from error
    if found is None:
        raise WebError(f"{folder} has no file for {file}")
    return found if os.access(found, os.R_OK) else None


def _secrets(folder: Path) -> Iterator[tuple[str, Path]]:
    """What systemd takes from the folder, by name: no links; in folders, `_` takes the place of `/`."""
    for one in sorted(folder.iterdir()):
        if one.is_symlink():
            continue
        if one.is_dir():
            yield from ((f"{one.name}_{name}", file) for name, file in _secrets(one))
        else:
            yield one.name, one


def _read_from(tls: TlsServer, sources: Mapping[Path, Path | None]) -> TlsServer:
    def source(file: Path | None) -> Path | None:
        return file and (sources[file] or file)

    return replace(
        tls,
        cert_file=source(tls.cert_file),
        key_file=source(tls.key_file),
        client_ca_file=source(tls.client_ca_file),
    )


def _require(tls: TlsServer, unknown: list[Path]) -> None:
    """Raise WebError for what is wrong with the other files, each by itself."""
    for file in tls.files:
        try:
            if file not in unknown:
                file.read_bytes()
        except OSError as error:
            raise WebError(f"cannot read {file}: {error.strerror}") from error
    if tls.cert_file not in unknown:
        require_certificates(tls.cert, tls.cert_file)
    if tls.client_ca_file not in unknown and (tls.client_ca or tls.client_ca_file):
        require_certificates(tls.client_ca, tls.client_ca_file)
