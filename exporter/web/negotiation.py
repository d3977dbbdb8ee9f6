"""Content negotiation (RFC 9110, 12.4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Choice(NamedTuple):
    """An element of an Accept header: its q, and its other parameters by name."""

    quality: float
    parameters: Mapping[str, str]


def best(header: str, wanted: str) -> Choice:
    """The choice of `wanted` with the highest q, the first one of several; q is 0 where it is not listed."""
    return max(_choices(header, wanted), key=lambda choice: choice.quality, default=Choice(0.0, {}))


def quality(header: str, wanted: str) -> float:
    """The highest q of `wanted` in an Accept or Accept-Encoding header; 0 where it is not listed."""
    return best(header, wanted).quality


def _choices(header: str, wanted: str) -> Iterator[Choice]:
    for choice in header.lower().split(","):
        name, *parameters = (part.strip() for part in choice.split(";"))
        if name == wanted:
            given = {
                key.strip(): text.strip() for key, _, text in (part.partition("=") for part in parameters)
            }
            yield Choice(_q(given), given)


def _q(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", 1.0))
    except ValueError:
        return 0.0
