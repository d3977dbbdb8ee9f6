"""Lists in libvirt's typed parameters: `fs.count`, `fs.0.name`, `fs.1.name` and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def indices(raw: Mapping[str, Any], count: str) -> range:
    """The indices of a list whose length is the parameter `count`; no more than there are parameters."""
    return range(min(int(raw.get(count, 0)), len(raw)))
