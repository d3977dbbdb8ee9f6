"""All series of a query, in as many requests as the backend's limits make necessary."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import numpy as np

from forecaster.promql.division import Division
from forecaster.promql.parts import labels_of, query_of
from forecaster.promql.queries import Queries
from forecaster.promql.results import DIVIDED, REFUSED, PromqlError, Result
from forecaster.promql.selectors import with_matchers
from forecaster.promql.window_size import MAX_POINTS, WindowSize
from forecaster.series.frame import Track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forecaster.config.model import Backend
    from forecaster.promql.parts import Part

LOG = logging.getLogger(__name__)

DIVISIONS_AT_MOST = 100  # queries of which it is remembered


class Client(Queries):
    """Asks one backend, and remembers what it refused: how many points, and how many series of a query."""

    def __init__(self, backend: Backend, wait: Callable[[float], bool] | None = None) -> None:
        super().__init__(backend, wait)
        self._window = WindowSize()
        self._divisions: dict[str, Division] = {}

    def instant(self, expression: str, at: int) -> list[Track]:
        """The series of an instant vector at Unix second `at`, one sample each.

        A query that fails, for whatever reason one for fewer series might not, is asked in parts.
        """
        parts = self._division(expression).parts
        found = self._in_parts(expression, parts, lambda query, retries: self.query(query, at, retries))
        return [track for tracks in found.values() for track in tracks]

    def windows(
        self, expression: str, start: int, end: int, step: int, points: int = MAX_POINTS
    ) -> Iterator[tuple[int, int, list[Track]]]:
        """The series in [start, end] in windows of at most `points` steps, oldest first: (first, last,
        tracks).

        A window that fails, for whatever reason a smaller one might not, is asked in parts where its last
        step alone fails, and halved otherwise. What the backend refused is remembered for an hour.
        """
        first, halved = start, False
        while first <= end:
            asked = max(1, min(points, self._window.most))
            last = min(end, first + (asked - 1) * step)
            found = self._window_of(expression, range(first, last + 1, step), halved=halved)
            if found is None:
                self._window.refused((last - first) // step + 1)
                halved = True
                continue
            if halved or asked < points:
                self._say(f"reads windows of {asked} points: the backend refuses larger ones")
            yield first, last, found
            first, halved = last + step, False

    def read(self, expression: str, start: int, end: int, step: int, points: int = MAX_POINTS) -> list[Track]:
        """The series in [start, end], one sample per step, in as many windows as it takes."""
        parts: dict[tuple[tuple[str, str], ...], list[Track]] = {}
        for _, _, found in self.windows(expression, start, end, step, points):
            for track in found:
                parts.setdefault(track.labels, []).append(track)
        return [
            Track(
                labels,
                np.concatenate([track.times for track in found]),
                np.concatenate([track.values for track in found]),
            )
            for labels, found in parts.items()
        ]

    def _window_of(self, expression: str, times: range, *, halved: bool) -> list[Track] | None:
        """The series of a window; None when it is too long."""
        todo = list(reversed(self._division(expression).parts))
        found: list[Track] = []
        left_out = 0
        while todo:
            part = todo.pop()
            query, retries = query_of(expression, part), 0 if halved else None
            try:
                found += self.query_range(query, times[0], times[-1], times.step, retries)
            except PromqlError as error:
                finer = self._finer(expression, part, times, error, halved=halved)
                if finer is None:
                    self.statistics.windows_refused += 1
                    LOG.debug("smaller windows: %s", error)
                    return None
                todo += reversed(finer)
            else:
                left_out += self.left_out
        self.left_out = left_out
        return found

    def _finer(
        self, expression: str, part: Part, times: range, error: PromqlError, *, halved: bool
    ) -> list[Part] | None:
        """What to ask for instead of a part that was refused for a window; None: for a smaller window.

        The last step alone tells. It is not asked for while a window is halved: it was accepted.
        """
        only = len(times) == 1
        if error.result not in REFUSED or (only and error.result not in DIVIDED):
            raise error
        if not only and (halved or error.result not in DIVIDED):
            return None
        last = times[-1]
        try:
            found = self._in_parts(
                expression,
                [part],
                lambda query, _: self.query_range(query, last, last, times.step, 0),
                error if only else None,
            )
        except PromqlError as hopeless:
            if (
                hopeless.result is not Result.BAD_QUERY
            ):  # little is asked of a backend that refuses everything
                self._window.refused(1)
            raise
        return None if part in found else list(found)

    def _in_parts(
        self,
        expression: str,
        parts: Sequence[Part],
        ask: Callable[[str, int | None], list[Track]],
        refused: PromqlError | None = None,
    ) -> dict[Part, list[Track]]:
        """The series of some parts, as `ask(query, retries)` gives them; what is refused is divided."""
        division, left_out = self._division(expression), 0

        def of(part: Part, known: bool) -> list[Track]:
            nonlocal left_out
            tracks = ask(query_of(expression, part), None if known else 0)
            left_out += self.left_out
            return tracks

        found = division.read(parts, of, refused)
        self.left_out = left_out
        if list(found) != list(parts):
            self.statistics.windows_refused += 1
            self._remember(expression, division)
        return found

    def _division(self, expression: str) -> Division:
        return self._divisions.get(expression) or Division(lambda: self._labels_of(expression))

    def _remember(self, expression: str, division: Division) -> None:
        self._divisions = dict([*self._divisions.items(), (expression, division)][-DIVISIONS_AT_MOST:])
        self._say(f"is asked for {expression[:100]} in parts: it refuses all of its series at once")

    def _labels_of(self, expression: str) -> list[str]:
        """The labels that may tell the query's series apart."""
        told: list[str] = []
        if with_matchers(expression, ()):
            with contextlib.suppress(PromqlError):  # not every proxy lets this through
                told = self.labels(expression)
        return labels_of(expression, told)
