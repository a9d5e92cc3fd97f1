"""Memory settings for runs with citizens: keep large buffers instead of giving them back.

glibc returns every freed buffer above a limit to the kernel, and each month would fault the pages
in again (measured: three times slower at ten million citizens). Elsewhere this does nothing.
"""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""Options of mallopt(3) in glibc's malloc.h."""
_KEEP = 2**30
_PAD = 2**26


def keep_buffers() -> bool:
    """Tell glibc to keep freed memory; return whether the settings were taken."""
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    options = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _KEEP), (_TOP_PAD, _PAD))
    return all(bool(library.mallopt(option, value)) for option, value in options)
