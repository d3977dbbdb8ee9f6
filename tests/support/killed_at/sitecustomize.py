"""Has a program end as by SIGKILL when it calls a function for the n-th time.

Python imports this at its start where the folder is in PYTHONPATH. `KILLED_AT` is MODULE:FUNCTION:N: a
function of the module, or one of C that the module calls.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

MODULE, FUNCTION, NUMBER = os.environ["KILLED_AT"].split(":")
calls = 0


def count(frame: FrameType, event: str, argument: object) -> None:
    """Called at each call of any function, by `sys.setprofile`."""
    global calls  # noqa: PLW0603 (a process has one count)
    called = frame.f_code.co_name if event == "call" else getattr(argument, "__name__", "")
    if event in {"call", "c_call"} and called == FUNCTION and frame.f_globals.get("__name__") == MODULE:
        calls += 1
        if calls == int(NUMBER):
            os.kill(os.getpid(), signal.SIGKILL)


sys.setprofile(count)
threading.setprofile(count)
