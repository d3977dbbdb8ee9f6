"""The configuration file of the exporter (--config.file): the targets of /probe.

targets:
  kvm1: {uri: "qemu+tls://kvm1.example/system"}
  kvm2: {uri: "qemu+ssh://monitor@kvm2.example/system?no_tty=1", connections: 2}
only_targets: true  # /metrics has no libvirt metrics, but those about the exporter itself
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 (strict_yaml reads the types at run time)
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

MOST_TARGETS = 100
_URI = re.compile(r"[a-z]+(\+[a-z0-9]+)?://\S*")
ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def libvirt_uri(text: str) -> str:
    """The text, if it looks like a libvirt URI. Raises ValueError, which does not repeat the text."""
    if not _URI.fullmatch(text):
        raise ValueError("expected a libvirt URI, such as qemu+tls://HOST/system")
    if not _has_place(text):
        raise ValueError("expected a libvirt URI, such as qemu+tls://HOST/system: host or port is malformed")
    return text


def _has_place(uri: str) -> bool:
    """Whether host and port, which may be missing, can be told: not with half a bracket, say."""
    try:
        return urlsplit(uri).port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Target:
    """A target; `connections` as --libvirt.connections."""

    uri: Annotated[str, libvirt_uri]
    connections: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.connections <= 16:
            raise ValueError("connections: expected a number from 1 to 16 (libvirtd has 20 workers)")


@dataclass(frozen=True, slots=True)
class Config:
    """The file: targets by alias. With `only_targets`, no other libvirt is read."""

    targets: Mapping[str, Target] = field(default_factory=dict)
    only_targets: bool = False

    def __post_init__(self) -> None:
        if len(self.targets) > MOST_TARGETS:
            raise ValueError(f"more than {MOST_TARGETS} targets: use several exporters")
        if self.only_targets and not self.targets:
            raise ValueError("only_targets without targets")
        for alias in self.targets:
            if not ALIAS.fullmatch(alias):
                raise ValueError("an alias may contain letters, digits, dots, dashes and underscores")
