"""The web configuration file's words, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.web.config import WebConfig, duration
from exporter.web.strict_yaml import ConfigError, loads

HASH = "$2y$10$" + "a" * 53
FILE = Path("/etc/prometheus/web.yml")


def read(text: str) -> WebConfig:
    return loads(text, WebConfig, FILE)


def test_empty_file_is_off() -> None:
    assert read("") == WebConfig()
    assert not WebConfig().tls_server_config.enabled


def test_everything_the_format_knows() -> None:
    config = read(f"""
tls_server_config:
  cert_file: server.crt
  key_file: /keys/server.key
  client_ca_file: ca.crt
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519]
http_server_config:
  http2: true
  headers:
    X-Frame-Options: sameorigin
    Content-Security-Policy: "default-src 'self'"
basic_auth_users:
  alice: {HASH}
rate_limit:
  interval: 1m30s
  burst: 20
""")
    tls = config.tls_server_config
    assert tls.files == (
        Path("/etc/prometheus/server.crt"),
        Path("/keys/server.key"),
        Path("/etc/prometheus/ca.crt"),
    )
    assert tls.prefer_server_cipher_suites is False
    assert config.basic_auth_users == {"alice": HASH}
    assert config.rate_limit.interval == 90.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "tls_config: {}",
            '1: unknown key "tls_config"; known keys: tls_server_config, http_server_config, ',
        ),
        ("tls_server_config:\n  cert_file: a\n", "2: TLS needs key_file"),
        ("tls_server_config:\n  key_file: a\n", "2: TLS needs cert_file"),
        ("tls_server_config: {client_auth_type: RequireAndVerifyClientCert}", "1: TLS needs cert_file"),
        ("tls_server_config: {cert: a, cert_file: a, key_file: b}", "cert and cert_file exclude each other"),
        ("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}", "must be set together"),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: VerifyClientCertIfGiven}",
            "must be set together",
        ),
        (
            "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_allowed_sans: [a]",
            "client_allowed_sans needs client_auth_type",
        ),
        ("tls_server_config:\n  client_auth_type: RequireAnyClientCert", "2: expected one of NoClientCert, "),
        ("tls_server_config:\n  min_version: TLS11", "2: expected one of TLS12, "),
        (
            "tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}",
            "is above",
        ),
        ("tls_server_config:\n  cipher_suites:\n    - RC4", "3: unknown cipher suite"),
        ("tls_server_config:\n  curve_preferences: [P-1]", "2: unknown curve"),
        (
            "tls_server_config: {cert_file: a, key_file: b, curve_preferences: [X25519, CurveP256]}",
            "only one curve",
        ),
        ("basic_auth_users:\n  alice: open\n", "2: expected a bcrypt hash"),
        (f"basic_auth_users:\n  alice: {HASH}\n  alice: {HASH}", '3: duplicate key "alice"'),
        ("http_server_config:\n  headers:\n    Server: x", 'the header "Server" cannot be set'),
        (
            "http_server_config:\n  headers:\n    X-Frame-Options: maybe",
            "X-Frame-Options: expected one of deny",
        ),
        (
            'http_server_config:\n  headers:\n    X-XSS-Protection: "a\\r\\nb"',
            "characters that are not allowed in a header",
        ),
        ("rate_limit:\n  interval: 1 second\n  burst: 1", "2: expected a duration"),
        ("rate_limit:\n  interval: 1s", "needs a burst"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{FILE}:")
    assert message in str(caught.value)
    assert HASH not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("1s", 1), ("250ms", 0.25), ("1.5h", 5400), ("1m30s", 90), ("10us", 1e-5)]
)
def test_duration(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)
