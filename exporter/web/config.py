"""The web configuration file of Prometheus' exporter-toolkit (its docs/web-configuration.md), read strictly.

Not supported, and therefore an error: TLS before 1.2, client certificates that are requested but not
verified, and more than one elliptic curve. The server has no HTTP/2; `http2` is accepted, because clients
fall back to HTTP/1.1 by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 (strict_yaml reads the types at run time)
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 (the same)
from typing import Annotated, Literal

from exporter.web.ciphers import cipher_suite, curve

_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_DURATION = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h))")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

# The response headers that can be set; where a header has a fixed set of values, these.
_HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}

TlsVersion = Literal["TLS12", "TLS13"]
ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]


def bcrypt_hash(text: str) -> str:
    """`text` if it is a bcrypt hash."""
    if not _HASH.fullmatch(text):
        raise ValueError('expected a bcrypt hash ("$2y$…"), as `htpasswd -nBC 10 ""` prints it')
    return text


def duration(text: str) -> float:
    """Seconds of a duration as Go writes it: "1s", "250ms", "1m30s", "0"."""
    if text != "0" and re.fullmatch(f"(?:{_DURATION.pattern})+", text) is None:
        raise ValueError('expected a duration, such as "1s" or "250ms"')
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


@dataclass(frozen=True)
class TlsServer:
    """`tls_server_config`. PEM comes from a file or stands in the configuration itself."""

    cert: str | None = None
    key: str | None = None
    client_ca: str | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    client_auth_type: ClientAuth = "NoClientCert"
    client_allowed_sans: tuple[str, ...] = ()
    min_version: TlsVersion = "TLS12"
    max_version: TlsVersion = "TLS13"
    cipher_suites: tuple[Annotated[str, cipher_suite], ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[Annotated[str, curve], ...] = ()

    def __post_init__(self) -> None:
        for inline in ("cert", "key", "client_ca"):
            if getattr(self, inline) and getattr(self, f"{inline}_file"):
                raise ValueError(f"{inline} and {inline}_file exclude each other")
        if self.enabled:
            self._check()

    @property
    def enabled(self) -> bool:
        """Whether any key asks for TLS; an incomplete configuration is an error, not plain HTTP."""
        present = (self.cert, self.cert_file, self.key, self.key_file, self.client_ca, self.client_ca_file)
        return any(present) or self.client_auth_type != "NoClientCert" or bool(self.client_allowed_sans)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(path for path in (self.cert_file, self.key_file, self.client_ca_file) if path)

    @property
    def certificates(self) -> str:
        """The server's chain of certificates as PEM; empty without TLS."""
        return self.cert_file.read_text(errors="replace") if self.cert_file else self.cert or ""

    def _check(self) -> None:
        if not (self.cert or self.cert_file):
            raise ValueError("TLS needs cert_file (or cert)")
        if not (self.key or self.key_file):
            raise ValueError("TLS needs key_file (or key)")
        verifies = self.client_auth_type != "NoClientCert"
        if verifies != bool(self.client_ca or self.client_ca_file):
            raise ValueError("client_auth_type and client_ca_file must be set together")
        if self.client_allowed_sans and self.client_auth_type != "RequireAndVerifyClientCert":
            raise ValueError("client_allowed_sans needs client_auth_type: RequireAndVerifyClientCert")
        if self.min_version > self.max_version:
            raise ValueError("min_version is above max_version")
        if len(self.curve_preferences) > 1:
            raise ValueError("curve_preferences: only one curve is supported")


@dataclass(frozen=True)
class HttpServer:
    """`http_server_config`."""

    http2: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            allowed = _HEADERS.get(name)
            if allowed is None:
                raise ValueError(f'the header "{name}" cannot be set; known headers: {", ".join(_HEADERS)}')
            if allowed and value not in allowed:
                raise ValueError(f"{name}: expected one of {', '.join(allowed)}")
            if not value.isprintable():
                raise ValueError(f"{name}: has characters that are not allowed in a header")


@dataclass(frozen=True)
class RateLimit:
    """`rate_limit`: a token bucket; off where the interval (seconds) is 0."""

    interval: Annotated[float, duration] = 0.0
    burst: int = 0

    def __post_init__(self) -> None:
        if self.interval > 0 and self.burst < 1:
            raise ValueError("rate_limit needs a burst of at least 1")


@dataclass(frozen=True)
class WebConfig:
    """The whole file. What is absent is off."""

    tls_server_config: TlsServer = field(default_factory=TlsServer)
    http_server_config: HttpServer = field(default_factory=HttpServer)
    basic_auth_users: Mapping[str, Annotated[str, bcrypt_hash]] = field(default_factory=dict)
    rate_limit: RateLimit = field(default_factory=RateLimit)
