"""What a watch has learned rests on: with another basis it is worth nothing, and history is read again."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecaster.config.model import Config
    from forecaster.config.resource import Resource

# What decides what is read and learned; the rest (limits, thresholds, overrides) only judges it.
OF_CONFIG = ("step", "day", "shard")
OF_BACKEND = ("url", "headers", "params")  # which data, whose tenant
OF_RESOURCE = ("name", "query", "horizons", "limit_side", "follow", "lowest", "highest")


def basis(resource: Resource, config: Config) -> tuple[Any, ...]:
    """The values that decide what a resource's watch reads and learns."""
    paced = config.for_resource(resource)
    return (
        *(getattr(paced, name) for name in OF_CONFIG),
        *(getattr(config.backend, name) for name in OF_BACKEND),
        *(getattr(resource, name) for name in OF_RESOURCE),
    )


def fingerprint(resource: Resource, config: Config) -> str:
    """The basis as 32 hexadecimal digits, the same in every run; it shows no header."""
    return _digits(basis(resource, config))


def fingerprint_of_data(config: Config) -> str:
    """The same of whose data it is alone: what is remembered of advice rests on no resource."""
    return _digits(tuple(getattr(config.backend, name) for name in OF_BACKEND))


def _digits(values: tuple[Any, ...]) -> str:
    text = json.dumps(values, default=vars_of, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def vars_of(value: Any) -> dict[str, Any]:
    """A shard or a horizon as plain data."""
    return dict(vars(value))
