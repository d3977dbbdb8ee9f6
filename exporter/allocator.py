"""How the C library hands out memory to the exporter's threads."""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8  # malloc.h


def limit_arenas(most: int) -> bool:
    """Let all threads share `most` heaps; False where the C library has no such limit.

    glibc has up to eight heaps per core for the threads. A page's samples are made in a new thread for each
    request, so that every heap would in time hold the remains of some page: megabytes for nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    return bool(mallopt(M_ARENA_MAX, most))
