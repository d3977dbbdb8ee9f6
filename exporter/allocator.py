"""Memory allocation of the C library."""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8  # malloc.h


def limit_arenas(most: int) -> bool:
    """Let all threads share `most` heaps; False if the C library has no such limit.

    glibc creates up to eight heaps per core. Each request is served by a new thread, so over time each heap
    would keep megabytes of some old page.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    return bool(mallopt(M_ARENA_MAX, most))
