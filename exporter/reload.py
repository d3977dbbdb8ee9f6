"""The configuration file while the exporter runs: read again on SIGHUP and POST /-/reload."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from exporter.config import Config
from exporter.web.message import WebError
from exporter.web.strict_yaml import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)


def read(path: Path | None) -> Config:
    """The configuration of the file; raises WebError, one line."""
    return load(path, Config) if path else Config()


class Reload:
    """Reads the file and hands it to `take`, which raises WebError for what it cannot take.

    `successful` tells how the last reading went, `at` is the Unix time of the last one that succeeded.
    """

    def __init__(
        self, path: Path | None, take: Callable[[Config], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._path, self._take, self._clock = path, take, clock
        self._lock = threading.Lock()
        self.successful, self.at = True, clock()

    def __call__(self) -> None:
        """Read and apply the file. Raises WebError, one line: then the configuration stays as it was."""
        with self._lock:
            try:
                self._take(read(self._path))
            except WebError as error:
                self.successful = False
                log.error("the configuration stays as it was", extra={"err": str(error)})  # noqa: TRY400 (one line)
                raise
            self.successful, self.at = True, self._clock()
            log.info("configuration read again")

    def in_background(self, *_signal: object) -> None:
        """The same for a signal: its handler may interrupt who holds a lock, so a thread does the work."""
        threading.Thread(target=self._quietly, name="reload", daemon=True).start()

    def _quietly(self) -> None:
        with suppress(WebError):  # it is in the log
            self()
