"""Memory allocation of the C library."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # malloc.h


def limit_arenas(most: int) -> bool:
    """Let all threads share `most` heaps; False if the C library has no such limit.

    glibc creates up to eight heaps per core. Each request is served by a new thread, so over time each heap
    would keep megabytes of some old page.
    """
    return _set(M_ARENA_MAX, most)


def return_blocks(least: int) -> bool:
    """Give blocks of `least` bytes and more back to the system when they are freed; False if not possible.

    By default glibc raises this limit to the size of the largest block freed so far. Pages and the buffers
    of connections then lie in the heap, which small blocks that live longer keep from shrinking.
    """
    return _set(M_MMAP_THRESHOLD, least)


def _set(parameter: int, value: int) -> bool:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    return bool(mallopt(parameter, value))
