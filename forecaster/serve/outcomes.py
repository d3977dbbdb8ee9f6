"""What comes of work on resources: a failure costs only its own, unless the backend is down, which is said
once.

A backend that cannot be reached is down at once. One that does not answer in time, or denies a query, is down
for all only where it answered nobody in the same cycle: one slow or forbidden query says nothing of others.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import TYPE_CHECKING

from forecaster.promql.results import DENIED, DOWN, PromqlError, Result
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
    """Keeps the `progress` of each resource, by name, and whether the backend answered in the last cycle.

    Work of a cycle lies between `begin` and `settle`.
    """

    def __init__(self, watches: Iterable[Watch]) -> None:
        self.progress = {watch.resource.name: Progress() for watch in watches}
        self.backend_up = False
        self.down_said = False
        self.has_answered = False  # any query, ever
        self.begin()

    @property
    def failing(self) -> bool:
        """Whether the last work on any resource failed."""
        return any(progress.error for progress in self.progress.values())

    def begin(self) -> None:
        """A cycle begins: nobody was answered yet."""
        self._heard = self._timed_out = False
        self._denied: dict[str, str] = {}  # those whose query was, and what failed them before

    def settle(self) -> None:
        """All that are due were asked: tell whose the denials are, and whether the backend is up. May be
        called again when more was asked in the same cycle.
        """
        denied, self._denied = self._denied, {}
        # One whose step is longer was not due: it was answered last time, and may be now.
        down = not self._heard and all(progress.error for progress in self.progress.values())
        if denied and down:
            self._down(self.progress[next(iter(denied))].error)
            return
        for name, before in denied.items():
            self._say(name, self.progress[name].error, before)
        if down and self._timed_out:
            self.backend_up = False

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
        self._heard = True

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
        name, text = watch.resource.name, str(error)
        if error.result in DOWN:
            self._down(text)
            return Outcome.DOWN
        progress = self.progress[name]
        before = "" if progress.shared else progress.error
        if error.result in DENIED:
            self._denied.setdefault(name, before)
        else:
            self._refused(error.result)
            self._say(name, text, before)
        progress.error, progress.shared = text, False
        return Outcome.FAILURE

    def _refused(self, result: Result) -> None:
        """Some other failure of a query: an answer, unless it did not come in time."""
        if result is Result.TIMEOUT:
            self._timed_out = True
        else:
            self._heard = self.backend_up = True
        # What a starting backend says is no answer. What is refused or slow is no better in 15 seconds.
        self.has_answered |= result is not Result.SERVER_ERROR

    def _say(self, name: str, text: str, before: str) -> None:
        if text != before:
            LOG.error("resource failed", extra={"resource": name, "err": text})

    def _down(self, text: str) -> None:
        """No resource can be read."""
        if not self.down_said:
            LOG.error("cannot query; trying again until it works", extra={"err": text})
        self.backend_up, self.down_said = False, True
        self._denied = {}
        for each in self.progress.values():
            each.error, each.shared = text, True
