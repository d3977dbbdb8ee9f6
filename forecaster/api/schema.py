"""What answers consist of, in the words of JSON Schema (OpenAPI 3.1)."""

from __future__ import annotations

from dataclasses import fields
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
PLAIN: Mapping[Any, Schema] = {str: TEXT, int: COUNT, float: NUMBER}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}


def many(of: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": of}


def by_name(of: Schema) -> Schema:
    """An object whose names are data, such as horizons."""
    return {"type": "object", "additionalProperties": of}


def one_of(*texts: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(texts)}


def record(properties: Mapping[str, Schema]) -> Schema:
    """An object that has exactly these names."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def of_dataclass(kind: type) -> Schema:
    """What `dataclasses.asdict` gives of a dataclass of texts, numbers, None, tuples of these and others."""
    types = get_type_hints(kind)
    return record({field.name: _of(types[field.name]) for field in fields(kind)})


def _of(kind: Any) -> Schema:
    parts = get_args(kind)
    if NoneType in parts:
        (known,) = (part for part in parts if part is not NoneType)
        return {"type": [_of(known)["type"], "null"]}
    if parts:
        return many(_of(parts[0]))
    return PLAIN[kind] if kind in PLAIN else of_dataclass(kind)
