"""Query parameters: all values of all names, and readers that check them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from exporter.web.percent import decoded
from exporter.web.refusal import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

MOST_PARAMETERS = 256
_INTEGER = re.compile("[+-]?[0-9]{1,18}")  # fits 64 bits
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters in the order of the request; a name may be repeated.

    The readers raise a 400 Refusal that names the parameter. A parameter without a default is required. All
    readers except `many` refuse a parameter that is given more than once.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Query:
        """The parameters of a query string: "match[]=a&match[]=b". Raises a 400 Refusal."""
        if text.count("&") >= MOST_PARAMETERS:
            raise Refusal(400, f"query: more than {MOST_PARAMETERS} parameters")
        return cls(tuple(_pair(part) for part in text.split("&") if part))

    def many(self, name: str) -> tuple[str, ...]:
        """All values, in order; empty if the parameter is absent."""
        return tuple(value for given, value in self.pairs if given == name)

    def one(self, name: str, default: str | None = None) -> str:
        """The value as a text, which may be empty."""
        return self.parsed(name, str, default)

    def integer(self, name: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number between `least` and `most`, both included."""

        def read(text: str) -> int:
            if not _INTEGER.fullmatch(text) or not least <= int(text) <= most:
                raise ValueError(f"expected a whole number from {least} to {most}")
            return int(text)

        return self.parsed(name, read, default)

    def number(self, name: str, default: float | None = None, *, least: float, most: float) -> float:
        """A number between `least` and `most`, both included."""

        def read(text: str) -> float:
            value = float(text) if _NUMBER.fullmatch(text) else math.nan
            if not least <= value <= most:
                raise ValueError(f"expected a number from {least:g} to {most:g}")
            return value

        return self.parsed(name, read, default)

    def boolean(self, name: str, default: bool | None = None) -> bool:
        """true, false, 1 or 0."""

        def read(text: str) -> bool:
            if text not in _BOOLEANS:
                raise ValueError("expected true or false")
            return _BOOLEANS[text]

        return self.parsed(name, read, default)

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        """One of `choices`."""
        known = tuple(choices)

        def read(text: str) -> str:
            if text not in known:
                raise ValueError(f"expected one of {', '.join(known)}")
            return text

        return self.parsed(name, read, default)

    def parsed(self, name: str, parse: Callable[[str], T], default: T | None = None) -> T:
        """The result of `parse` for the value. The text of its ValueError goes to the client."""
        values = self.many(name)
        if len(values) > 1:
            raise bad_request(_named(name), "given more than once")
        if not values:
            if default is None:
                raise bad_request(_named(name), "missing")
            return default
        try:
            return parse(values[0])
        except ValueError as error:
            raise bad_request(_named(name), str(error)) from error

    def only(self, *names: str) -> None:
        """Refuse all other parameters, so that a misspelt one is not ignored."""
        if any(given not in names for given, _value in self.pairs):
            raise bad_request("query", f"unknown parameter; known: {', '.join(names) or 'none'}")


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.replace("+", " ").partition("=")
    return decoded(name, "query"), decoded(value, "query")


def _named(name: str) -> str:
    return f'parameter "{name}"'
