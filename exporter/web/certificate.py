"""When certificates expire, from their PEM. Python's ssl tells it of a peer's certificate only."""

from __future__ import annotations

import re
import ssl
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_CONTEXT_0 = 0xA0  # the tag of the version, which the oldest certificates do not have
_YEAR = {0x17: "%y", 0x18: "%Y"}  # by tag: UTCTime, GeneralizedTime
_LONG = 0x80  # a length above 127 stands in as many bytes as the lower bits say


def first_expiry(pem: str) -> float | None:
    """Unix time at which the first certificate of a chain expires; None if there is none.

    Raises ValueError or LookupError for what is no certificate as RFC 5280 has it.
    """
    blocks: list[str] = _BLOCK.findall(pem)
    return min((_not_after(ssl.PEM_cert_to_DER_cert(block)) for block in blocks), default=None)


class _Element(NamedTuple):
    """An element of DER: its tag and its contents."""

    tag: int
    content: bytes


def _not_after(der: bytes) -> float:
    """Certificate → tbsCertificate → [version], serialNumber, signature, issuer, validity: RFC 5280, 4.1."""
    (certificate, *_) = _elements(der)
    (signed, *_) = _elements(certificate.content)
    _, _, _, validity, *_ = (part for part in _elements(signed.content) if part.tag != _CONTEXT_0)
    _, end = _elements(validity.content)
    return datetime.strptime(end.content.decode("ascii"), f"{_YEAR[end.tag]}%m%d%H%M%S%z").timestamp()


def _elements(der: bytes) -> Iterator[_Element]:
    """The elements side by side."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & _LONG:
            count = length & ~_LONG
            length, at = int.from_bytes(der[at : at + count], "big"), at + count
        yield _Element(tag, der[at : at + length])
        at += length
