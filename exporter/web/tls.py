"""The TLS context that the web configuration file describes."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
from typing import TYPE_CHECKING, Any

from exporter.web.ciphers import CIPHERS, CURVES
from exporter.web.message import WebError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from exporter.web.config import TlsServer

_VERSIONS = {
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
_CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def ssl_context(settings: TlsServer) -> ssl.SSLContext | None:
    """The server's context, with the certificates that are on disk now; None if TLS is off."""
    if not settings.enabled:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.maximum_version = _VERSIONS[settings.max_version]
    context.set_alpn_protocols(["http/1.1"])
    try:
        _choose_ciphers(context, settings)
    except (ssl.SSLError, ValueError) as error:
        raise WebError(f"this OpenSSL does not know the cipher suites or the curve: {error}") from error
    _load_certificate(context, settings)
    if settings.client_auth_type != "NoClientCert":
        _load_client_authority(context, settings)
    return context


def require_certificates(pem: str | None, path: Path | None) -> None:
    """Raise WebError where the file, or without one the text, has no certificates in PEM."""
    with _as_file(pem, path) as certificates:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(certificates)
        except OSError as error:
            raise WebError(f"cannot use the certificates ({path or 'PEM'}): {_reason(error)}") from error


def names(certificate: Mapping[str, Any]) -> set[str]:
    """The subject alternate names of a verified certificate, as `SSLSocket.getpeercert` gives it."""
    return {_canonical(kind, name) for kind, name in certificate.get("subjectAltName", ())}


def _canonical(kind: str, name: str) -> str:
    """An address in its usual form; OpenSSL writes one that is none as "<invalid>"."""
    try:
        return str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name
    except ValueError:
        return name


def _choose_ciphers(context: ssl.SSLContext, settings: TlsServer) -> None:
    chosen = [CIPHERS[name] for name in settings.cipher_suites if name in CIPHERS]
    if chosen:
        context.set_ciphers(":".join(chosen))
    if not settings.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    for name in settings.curve_preferences:
        context.set_ecdh_curve(CURVES[name])


def _load_certificate(context: ssl.SSLContext, settings: TlsServer) -> None:
    with (
        _as_file(settings.cert, settings.cert_file) as cert,
        _as_file(settings.key, settings.key_file) as key,
    ):
        try:
            # The password stops OpenSSL from asking for one on the terminal.
            context.load_cert_chain(cert, key, password=lambda: "")
        except OSError as error:
            shown = f"{settings.cert_file or 'cert'}, {settings.key_file or 'key'}"
            raise WebError(f"cannot use the certificate and key ({shown}): {_reason(error)}") from error


def _load_client_authority(context: ssl.SSLContext, settings: TlsServer) -> None:
    context.verify_mode = _CLIENT_AUTH[settings.client_auth_type]
    with _as_file(settings.client_ca, settings.client_ca_file) as authority:
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            shown = settings.client_ca_file or "client_ca"
            raise WebError(f"cannot use the client authority ({shown}): {_reason(error)}") from error


@contextlib.contextmanager
def _as_file(pem: str | None, path: Path | None) -> Iterator[str]:
    """A path to read the PEM from. PEM that is part of the configuration is not written to disk."""
    if path is not None:
        yield str(path)
        return
    descriptor = os.memfd_create("pem")
    try:
        os.write(descriptor, (pem or "").encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason.replace("_", " ").lower() if error.reason else "not a PEM file of that kind"
    return error.strerror or str(error)
