"""JSON from clients, parsed in linear time and bounded memory, and only if it is unambiguous."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from exporter.web.refusal import Refusal

JSON = Any
"""dict, list, str, int, float, bool or None, as `json.loads` gives them."""

MOST_VALUES = 10_000
"""An empty list is three bytes of text and some sixty of memory: a limit on the text is not enough."""
DEEPEST = 32

# The tokens that make up size and depth. A string is one token, even if it does not end, so that no character
# is scanned twice.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONGEST_INTEGER = 20  # characters; 64 bits and a sign


def parse(body: bytes, *, most_values: int = MOST_VALUES, deepest: int = DEEPEST) -> JSON:
    """The value of a JSON text in UTF-8.

    Raises a Refusal: 413 if it has too many values or levels; 400 if it is not JSON, or has a name twice in
    one object, NaN or infinity, an integer that does not fit 64 bits, or half of a surrogate pair.
    """
    try:
        text = body.decode()
        _check_size(text, most_values, deepest)
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_refuse
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise Refusal(400, "body: not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise Refusal(400, f"body: not JSON: {error.msg} at character {error.pos}") from error
    except ValueError as error:
        raise Refusal(400, f"body: {error}") from error
    return value


def _check_size(text: str, most_values: int, deepest: int) -> None:
    depth, values = 0, 1
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in "[{":
            depth, values = depth + 1, values + 1
        elif mark in "]}":
            depth -= 1
        elif mark == ",":
            values += 1
        if depth > deepest:
            raise Refusal(413, f"body: nested more than {deepest} levels deep")
        if values > most_values:
            raise Refusal(413, f"body: more than {most_values} values")


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object has a name twice")
    return made


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER or not -(2**63) <= int(text) < 2**64:
        raise ValueError("an integer does not fit 64 bits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
