"""The folder of `--state.dir`: one file a resource, so that a restart goes on where the last run stopped, and
one for what is remembered of advice.

The database stays the truth: a file that is missing, damaged or of another configuration costs the time to
read history again, and the folder may be deleted at any time.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from functools import partial
from typing import TYPE_CHECKING

from forecaster.serve import saved_advice, saved_watch, state_file
from forecaster.serve.basis import fingerprint, fingerprint_of_data
from forecaster.serve.state_file import UnusableError
from forecaster.view.remembered import Remembered
from forecaster.view.view import StateView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from forecaster.config.model import Config
    from forecaster.serve.watch import Watch

LOG = logging.getLogger(__name__)

ADVICE = "advice-history"  # no resource has a hyphen in its name


class StateFolder:
    """Saves watches and resumes them. Raises OSError at once where another forecaster uses the folder.

    The lock is on the folder itself, so that a disk that is full or read-only keeps nobody from starting.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._lock = _locked(folder)
        self._sizes: dict[str, int] = {}  # bytes, by resource
        self._saves = {"success": 0, "failure": 0}
        self._loads = {"success": 0, "absent": 0, "set_aside": 0}
        self._last_save: float | None = None
        self._said = ""  # the failure that was logged last

    def close(self) -> None:
        """Let another forecaster use the folder."""
        os.close(self._lock)

    @property
    def is_lost(self) -> bool:
        """Whether somebody deleted the folder, or put another one in its place: nothing saved is there."""
        try:
            return not os.path.samestat(os.fstat(self._lock), self._folder.stat())
        except OSError:
            return True

    @property
    def view(self) -> StateView:
        """What readers see of it."""
        return StateView(dict(self._saves), dict(self._loads), sum(self._sizes.values()), self._last_save)

    def resume(self, watches: Iterable[Watch], now: int) -> None:
        """Have each watch go on from its file, if there is a good one; never raises."""
        for watch in watches:
            name, path = watch.resource.name, self._path(watch)
            try:
                with state_file.opened(path) as file:
                    state_file.check(file, fingerprint(watch.resource, watch.config))
                    saved_watch.load(watch, file, now)
            except FileNotFoundError:
                self._loads["absent"] += 1
            except (UnusableError, OSError) as error:
                self._loads["set_aside"] += 1
                self._set_aside(path, name, str(error))
            else:
                self._loads["success"] += 1
                self._sizes[name] = path.stat().st_size
                LOG.info("state resumed", extra={"resource": name, "series": watch.size, "at": watch.at})

    def resume_advice(self, config: Config) -> Remembered:
        """What was remembered of advice, or nothing; never raises. Of a version that saved none there is no
        file.
        """
        path = self._folder / f"{ADVICE}.state"
        try:
            with state_file.opened(path) as file:
                state_file.check(file, fingerprint_of_data(config))
                known = saved_advice.load(file)
        except FileNotFoundError:
            return Remembered()
        except (UnusableError, OSError) as error:
            self._set_aside(path, ADVICE, str(error))
            return Remembered()
        self._sizes[ADVICE] = path.stat().st_size
        return known

    def save(self, watches: Iterable[Watch], known: Remembered, config: Config) -> None:
        """Save each watch that has begun, and what is remembered of advice; never raises. What cannot be
        saved is said once, and keeps nothing else from being saved. A folder that is lost is made again.
        """
        if self.is_lost:
            try:
                self._hold()
            except OSError as error:
                self._failed(str(error))
                return
        begun = [watch for watch in watches if watch.batch is not None]
        bodies = [
            (each.resource.name, fingerprint(each.resource, each.config), partial(saved_watch.save, each))
            for each in begun
        ]
        bodies.append((ADVICE, fingerprint_of_data(config), partial(saved_advice.save, known)))
        failure = ""
        for name, mark, body in bodies:
            try:
                self._sizes[name] = state_file.write(self._folder / f"{name}.state", mark, body)
            except OSError as error:
                failure = failure or str(error)
        if failure:
            self._failed(failure)
            return
        self._saves["success"] += 1
        self._last_save = self._clock()
        if self._said:
            LOG.info("state is saved again")
            self._said = ""

    def _hold(self) -> None:
        """Make the folder again, and lock it. Raises OSError."""
        before, self._lock = self._lock, _locked(self._folder)
        os.close(before)
        self._sizes = {}
        LOG.warning("the folder of --state.dir was lost; it is made again", extra={"path": str(self._folder)})

    def _path(self, watch: Watch) -> Path:
        return self._folder / f"{watch.resource.name}.state"

    def _failed(self, text: str) -> None:
        self._saves["failure"] += 1
        if text != self._said:
            LOG.error("state cannot be saved", extra={"err": text})
            self._said = text

    def _set_aside(self, path: Path, name: str, why: str) -> None:
        """Out of the way, under a name that is always the same; history is read instead."""
        try:
            path.replace(path.with_name(f"{path.name}.set-aside"))
        except OSError as error:
            why = f"{why}; {error}"
        LOG.warning("state is set aside, history is read", extra={"resource": name, "why": why})


def _locked(folder: Path) -> int:
    """A descriptor of the folder, which is made where it is not there, with the lock. Raises OSError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileExistsError:
        raise OSError(f"--state.dir {folder} is there and is no folder: name another one") from None
    except OSError as error:
        raise OSError(f"--state.dir {folder} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(found)
        raise OSError(f"--state.dir {folder} is used by another forecaster") from None
    return found
