"""Try odd inputs on everything that reads what others wrote, for some seconds.

    make fuzz                      # ten minutes; FUZZ_SECONDS=60 make fuzz

Found is: an exception that the readers do not expect, a thread that ends, a canary (in every secret) in what
people see, and time that grows faster than the input. The exit status is 1 then. The same seed gives the same
inputs.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from random import Random
from typing import TYPE_CHECKING

from fuzz import sockets, values
from fuzz.mutation import growing, odd
from fuzz.subject import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fuzz.subject import Read, Subject

SUBJECTS: tuple[Subject, ...] = (*values.SUBJECTS, *sockets.SUBJECTS)
SMALL, LARGE = 4 * 1024, 64 * 1024  # bytes, for the growth of time
UNNOTICED = 0.1  # seconds of CPU that an input of LARGE may take whatever the small one took
TOLERANCE = 3.0  # times the linear growth
LONGEST = 60.0  # seconds for one input, on a busy machine too
EACH_GROWS = 20  # one input in so many is made large


class _Endless(BaseException):
    """Reading took too long; no handler of the readers catches it."""


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raises _Endless in the block after so many seconds; in the main thread only."""

    def end(*_: object) -> None:
        raise _Endless

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Fuzz:
    """Tries the subjects in turn; `found` has a line for each finding, `tried` the number of inputs."""

    def __init__(self, subjects: Sequence[Subject], seed: int) -> None:
        self.found: list[str] = []
        self.tried: Counter[str] = Counter()
        self._subjects, self._seed = subjects, seed

    def run(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Until the seconds are over."""
        end = clock() + seconds
        with ExitStack() as stack:
            readers = [(subject, stack.enter_context(subject.opened())) for subject in self._subjects]
            for number in self._numbers():
                for subject, read in readers:
                    if clock() >= end:
                        return
                    self._try(subject, read, number)

    def _numbers(self) -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    def _try(self, subject: Subject, read: Read, number: int) -> None:
        chance = Random(f"{self._seed} {subject.name} {number}")  # noqa: S311 (repeatable)
        self.tried[subject.name] += 1
        if subject.grows and number % EACH_GROWS == 0:
            self._time(subject, read, growing(subject.seeds, chance), number)
        else:
            self._read(subject, read, odd(subject.seeds, chance), number)

    def _read(self, subject: Subject, read: Read, data: bytes, number: int) -> float:
        """Seconds of CPU that reading took in this thread."""
        began = time.thread_time()
        try:
            with _within(LONGEST):
                shown = read(data)
        except subject.raises:
            shown = ""
        except _Endless:
            self._find(subject, number, f"does not end within {LONGEST} s, input {data[:200]!r}")
            shown = ""
        except Exception as error:  # noqa: BLE001 (what it is for)
            self._find(subject, number, f"{type(error).__name__}: {str(error)[:200]!r}, input {data[:200]!r}")
            shown = ""
        if CANARY in shown:
            self._find(subject, number, f"shows a secret: {shown[:300]!r}")
        return time.thread_time() - began

    def _time(self, subject: Subject, read: Read, made: Callable[[int], bytes], number: int) -> None:
        small = self._read(subject, read, made(SMALL), number)
        large = self._read(subject, read, made(LARGE), number)
        for _ in range(2):  # a busy machine may have been the reason
            if large <= UNNOTICED + TOLERANCE * small * LARGE / SMALL:
                return
            small = max(small, self._read(subject, read, made(SMALL), number))
            large = min(large, self._read(subject, read, made(LARGE), number))
        start = made(SMALL)[:200]
        self._find(
            subject, number, f"{SMALL} bytes {small:.3f} s, {LARGE} bytes {large:.3f} s, input {start!r}"
        )

    def _find(self, subject: Subject, number: int, what: str) -> None:
        self.found.append(f"{subject.name} (seed {self._seed}, input {number}): {what}")


def main() -> int:
    """Run and report; the exit status."""
    parser = argparse.ArgumentParser(description="Odd inputs for everything that reads what others wrote.")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (default %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="another seed gives other inputs (default %(default)s)"
    )
    flags = parser.parse_args()
    fuzz = Fuzz(SUBJECTS, flags.seed)
    fuzz.run(flags.seconds)
    for line in fuzz.found[:50]:
        sys.stdout.write(f"{line}\n")
    tried = ", ".join(f"{name}: {number}" for name, number in fuzz.tried.items())
    sys.stdout.write(f"{len(fuzz.found)} findings; inputs: {tried}\n")
    return 1 if fuzz.found else 0


if __name__ == "__main__":
    sys.exit(main())
