"""Progress on standard error, with the time left, for anything that takes over two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def reporter(label: str, quiet: bool) -> Callable[[int, int], None]:
    """Return ``progress(done, total)``; it stays silent for two seconds and when ``quiet``."""
    start = time.monotonic()
    terminal = sys.stderr.isatty()
    last = [start]

    def progress(done: int, total: int) -> None:
        now = time.monotonic()
        due = now - last[0] > (0.2 if terminal else 5.0) or done == total
        if quiet or now - start < 2.0 or not due:
            return
        last[0] = now
        left = (now - start) / done * (total - done)
        end = "\n" if done == total or not terminal else "\r"
        text = f"{label}: {done} of {total}, {left:.0f} s left"
        print(f"{text:<60}", end=end, file=sys.stderr, flush=True)

    return progress
