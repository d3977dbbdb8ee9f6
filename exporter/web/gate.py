"""The web configuration in force. It is reloaded when its file or a certificate changes."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from exporter.web.auth import BasicAuth
from exporter.web.certificate import first_expiry
from exporter.web.config import RateLimit, TlsServer, WebConfig
from exporter.web.message import WebError
from exporter.web.strict_yaml import load
from exporter.web.tls import names, ssl_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

log = logging.getLogger(__name__)


class TokenBucket:
    """On average one request per interval (seconds), and at most `burst` requests at once."""

    def __init__(self, settings: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval, self._burst, self._clock = settings.interval, settings.burst, clock
        self._tokens, self._filled = float(settings.burst), clock()

    def take(self) -> bool:
        if not self._interval:
            return True
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) / self._interval)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Rules:
    """The web configuration and the files it names, as read at one time."""

    def __init__(self, config: WebConfig, before: Rules | None = None) -> None:
        self._sans = frozenset(config.tls_server_config.client_allowed_sans)
        self.config = config
        self.tls: ssl.SSLContext | None = ssl_context(config.tls_server_config)
        self.expires = _expiry(config.tls_server_config)  # Unix time; None without TLS
        self.auth: BasicAuth = BasicAuth(config.basic_auth_users, before.auth.memory if before else None)
        self.bucket = TokenBucket(config.rate_limit)
        self.headers = {name: value for name, value in config.http_server_config.headers.items() if value}

    def knows(self, certificate: Mapping[str, Any] | None) -> bool:
        """Whether the configuration allows the client's verified certificate."""
        return not self._sans or bool(self._sans & names(certificate or {}))


class Gate:
    """The rules in force.

    A configuration that cannot be read, or that would switch off TLS, client certificates or passwords, is
    logged and not applied: the file may be half written. A restart applies it. At the start, errors raise
    WebError.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._watched: dict[Path, tuple[int, ...]] = {}
        self.rules = Rules(self._read(path) if path else WebConfig())

    def refresh(self) -> bool:
        """Read the files again if they have changed. Returns whether there are new rules."""
        if self._path is None or all(_state(file) == seen for file, seen in self._watched.items()):
            return False
        try:
            config = self._read(self._path)
            _refuse_loosening(self.rules.config, config)
            self.rules = Rules(config, self.rules)
        except WebError as error:
            log.error("web configuration is not reloaded", extra={"err": str(error)})  # noqa: TRY400 (one line)
            return False
        except Exception:  # whatever it is, the next change is to be read, too
            log.exception("web configuration is not reloaded")
            return False
        log.info("web configuration reloaded", extra={"file": str(self._path)})
        return True

    def _read(self, path: Path) -> WebConfig:
        """The configuration. The state of each file is recorded before it is read, so no change is missed."""
        self._watched = {file: _state(file) for file in (path, *self._watched)}
        config = load(path, WebConfig)
        files = config.tls_server_config.files
        self._watched = {path: self._watched[path]} | {file: _state(file) for file in files}
        return config


def _expiry(tls: TlsServer) -> float | None:
    try:
        return first_expiry(tls.certificates)
    except (OSError, ValueError, LookupError) as error:
        where = tls.cert_file or "cert"
        raise WebError(f"cannot read when the certificate expires ({where}): {error!r}") from error


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _refuse_loosening(present: WebConfig, new: WebConfig) -> None:
    tls, new_tls = present.tls_server_config, new.tls_server_config
    lost = {
        "TLS": tls.enabled and not new_tls.enabled,
        "client certificates": tls.client_auth_type != "NoClientCert" == new_tls.client_auth_type,
        "basic authentication": bool(present.basic_auth_users) and not new.basic_auth_users,
    }
    for what, is_lost in lost.items():
        if is_lost:
            raise WebError(f"it switches off {what}; restart to apply it")
