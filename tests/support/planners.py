"""What goes wrong in a planner: a process of its own imports it by this name."""

from __future__ import annotations

import os


class LoudFleet:
    """Writes a line where a library in C does, and is no fleet."""

    def __getattr__(self, name: str) -> None:
        os.write(1, b"stray line\n")
        raise AttributeError(name)

    def __reduce__(self) -> tuple[type[LoudFleet], tuple[()]]:
        return LoudFleet, ()


def ends(*_: object) -> None:
    """A planner that ends without a plan."""
    raise SystemExit(1)
