"""Headers of requests to the backend: what may stand in them, and which are secrets."""

from __future__ import annotations

import re

# Those that have a key of their own, which takes the secret from a file.
CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
# Tenants of Mimir, Thanos and VictoriaMetrics, and what says nothing about who asks. Any other header may be
# one that a proxy takes for a password.
PUBLIC = frozenset({"x-scope-orgid", "thanos-tenant", "accountid", "projectid", "accept", "user-agent"})

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


def is_secret(name: str) -> bool:
    """Whether the value of the header must not be shown."""
    return name.lower() not in PUBLIC


def check(name: str, value: str) -> None:
    """ValueError, without the value, where a header cannot be sent or must not stand in the configuration."""
    if not _NAME.fullmatch(name):
        raise ValueError("headers: a name has characters that a header's name cannot have")
    if name.lower() in CREDENTIALS:
        raise ValueError(f"the header {name} is a secret: use authorization with a credentials_file")
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError(f"the header {name} has characters that cannot be sent")
