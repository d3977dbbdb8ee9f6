"""What comes of work on resources: a failure costs only its own, unless the backend is down, which is said
once.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import TYPE_CHECKING

from forecaster.promql.results import DOWN, PromqlError, Result
from forecaster.serve.clients import StoppedError
from forecaster.serve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forecaster.serve.watch import Watch

LOG = logging.getLogger(__name__)


class Outcome(Enum):
    """What came of work on a resource."""

    SUCCESS = "success"
    FAILURE = "failure"
    DOWN = "the backend is down: asking on is pointless"


class Outcomes:
    """Keeps the `progress` of each resource, by name, and whether the backend answered last."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        self.progress = {watch.resource.name: Progress() for watch in watches}
        self.backend_up = False
        self.down_said = False
        self.has_answered = False  # any query, ever

    @property
    def failing(self) -> bool:
        """Whether the last work on any resource failed."""
        return any(progress.error for progress in self.progress.values())

    def keep(self, watches: Iterable[Watch], before: Iterable[Watch]) -> None:
        """These are watched from now on; those that were `before` go on."""
        known = {watch.resource.name: self.progress[watch.resource.name] for watch in before}
        self.progress = {
            name: known.get(name) or Progress() for name in (watch.resource.name for watch in watches)
        }

    def of(self, watch: Watch, now: int, work: Callable[[], PromqlError | None]) -> Outcome:
        """What comes of work on a resource, which raises its failure or gives it; a failure is noted."""
        try:
            failure = work()
        except PromqlError as error:
            return self._failed(watch, error)
        except StoppedError:
            raise
        except Exception as error:  # the others go on; this one starts again from history
            LOG.exception(
                "resource failed; it starts again from history", extra={"resource": watch.resource.name}
            )
            self._crashed(watch, now, type(error).__name__)
            return Outcome.FAILURE
        return Outcome.SUCCESS if failure is None else self._failed(watch, failure)

    def succeeded(self, watch: Watch) -> Progress:
        """Note that a resource was read; its progress."""
        progress = self.progress[watch.resource.name]
        if progress.error and not progress.shared:
            LOG.info("resource works again", extra={"resource": watch.resource.name})
        self.answered(watch)
        progress.error, progress.crashes = "", 0
        return progress

    def answered(self, watch: Watch) -> None:
        """The backend has answered a query for a resource. If it was down, say that it is back."""
        if self.down_said:
            LOG.info("queries work again", extra={"url": watch.config.backend.url})
        self.backend_up, self.down_said, self.has_answered = True, False, True

    def _crashed(self, watch: Watch, now: int, error: str) -> None:
        """Forget the resource. Each fresh start reads the whole history: rarer and rarer, down to once an
        hour (of a 24-hour day).
        """
        progress = self.progress[watch.resource.name]
        progress.error, progress.shared = f"internal error ({error}), see the log", False
        progress.crashes += 1
        progress.not_before = now + min(watch.config.step << progress.crashes, watch.config.day // 24)
        watch.reset()

    def _failed(self, watch: Watch, error: PromqlError) -> Outcome:
        progress = self.progress[watch.resource.name]
        text, down = str(error), error.result in DOWN
        if down:
            self._down(text)
        else:
            self.backend_up = error.result is not Result.TIMEOUT
            # What a starting backend says is no answer. What is refused or slow is no better in 15 seconds.
            self.has_answered |= error.result is not Result.SERVER_ERROR
            if text != progress.error:
                LOG.error("resource failed", extra={"resource": watch.resource.name, "err": text})
        for each in self.progress.values() if down else (progress,):
            each.error, each.shared = text, down
        return Outcome.DOWN if down else Outcome.FAILURE

    def _down(self, text: str) -> None:
        if not self.down_said:
            LOG.error("cannot query; trying again until it works", extra={"err": text})
        self.backend_up, self.down_said = False, True
