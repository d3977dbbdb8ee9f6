"""Content negotiation (RFC 9110, 12.4.2)."""

from __future__ import annotations


def quality(header: str, wanted: str) -> float:
    """The highest q of `wanted` in an Accept or Accept-Encoding header; 0 where it is not listed."""
    best = 0.0
    for choice in header.lower().split(","):
        name, *parameters = (part.strip() for part in choice.split(";"))
        if name == wanted:
            best = max(best, _q(parameters))
    return best


def _q(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
