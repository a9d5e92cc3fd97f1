"""A second process that draws pages: it starts while a run is simulated, and then takes a share.

Drawing keeps one core busy for seconds, and threads of one process cannot share it.
"""

from __future__ import annotations

import contextlib
import gc
import pickle
import subprocess
import sys
from types import TracebackType

from thaw.report.figures import Page, draw, warm

SHARE = 0.5
"""Share of the panels that the painter draws; the process of the run writes the data meanwhile."""


class Painter:
    """A process that waits for pages to draw. If it fails, they are drawn in this process."""

    def __init__(self) -> None:
        """Take no pages: the process starts with the ``with`` statement, else there is none."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Painter:
        """Start the process: it imports what it needs, and waits."""
        command = [sys.executable, "-P", "-m", "thaw.report.painter"]
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process if it still waits or draws."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def share(self, pages: list[Page]) -> tuple[list[Page], list[Page]]:
        """Send pages to the process; return those sent, and those left to be drawn here."""
        if self._process is None or self._process.stdin is None:
            return [], pages
        panels = [page.panels for page in pages]
        sent = next(k for k in range(len(pages) + 1) if sum(panels[:k]) >= SHARE * sum(panels))
        try:
            self._process.stdin.write(pickle.dumps(pages[:sent]))
            self._process.stdin.close()
        except OSError:
            return [], pages
        return pages[:sent], pages[sent:]

    def finish(self, sent: list[Page]) -> None:
        """Wait until the pages sent are drawn."""
        if sent and (self._process is None or self._process.wait() != 0):
            draw(sent)


def main() -> None:
    """Draw the pages that come by standard input; do nothing if it is closed before."""
    warm()
    given = sys.stdin.buffer.read()
    if given:
        draw(pickle.loads(given))
    gc.freeze()  # nothing is left to collect: the process ends at once


if __name__ == "__main__":
    main()
