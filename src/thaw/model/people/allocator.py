"""Memory settings of glibc's malloc; on other systems they do nothing.

Runs with citizens keep large buffers: glibc would return every freed one above a limit to the
kernel, and each month would fault the pages in again (measured: three times slower at ten million
citizens). The command for a run shares one heap between threads: with a heap for each, compiling
the model keeps a fifth more memory.
"""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -2, -3, -4, -8
"""Options of mallopt(3) in glibc's malloc.h."""
_KEEP = 2**30
_PAD = 2**26
_LARGE = 2**18


def keep_buffers() -> bool:
    """Tell glibc to keep freed memory; return whether the settings were taken."""
    return _set((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEEP), (_TOP_PAD, _PAD))


def share_heap() -> bool:
    """Tell glibc to use one heap for all threads; return whether the settings were taken."""
    return _set((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE))


def _set(*options: tuple[int, int]) -> bool:
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return all(bool(library.mallopt(option, value)) for option, value in options)
