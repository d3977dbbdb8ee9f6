"""Finds the modules of a package, so that adding one is adding a file."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import ModuleType


def modules(package: str, besides: Collection[str] = ()) -> list[ModuleType]:
    """The modules of a package, in alphabetical order, without those of these names."""
    names = sorted(found.name for found in pkgutil.iter_modules(import_module(package).__path__))
    return [import_module(f"{package}.{name}") for name in names if name not in besides]
