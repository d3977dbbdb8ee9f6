"""Plans made in a process of their own: the solver takes seconds, may hold the interpreter's lock meanwhile,
and leaves memory behind that a service would keep.
"""

from __future__ import annotations

import multiprocessing
import os
from functools import lru_cache
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

from exporter.web.extras import missing
from forecaster.placement.plan import balance, consolidate, evacuate
from forecaster.placement.solve import SECONDS

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from forecaster.placement.fleet import Fleet
    from forecaster.placement.plan import Plan

GOALS = BALANCE, CONSOLIDATE = "balance", "consolidate"
PATIENCE = 60.0  # seconds: for a plan, with the start of its process; and for the one before it
REMEMBERED = 16  # plans
LAST_WORDS = 5.0  # seconds: for the error of a process that ended without a plan to reach the log
STDOUT = 1  # its file descriptor
_ONE_AT_A_TIME = Lock()


class NoPlanError(Exception):
    """There is no plan: the solver is missing, another plan is being made, or this one's process failed."""


@lru_cache(maxsize=REMEMBERED)
def planned(fleet: Fleet, goal: str, machine: str = "") -> Plan:
    """The plan that empties the machine; without one, that for the goal. Raises NoPlanError."""
    if find_spec("scipy") is None:
        raise NoPlanError(missing("scipy"))
    if not _ONE_AT_A_TIME.acquire(timeout=PATIENCE):
        raise NoPlanError("other plans are being made; ask again later")
    try:
        return _in_process(fleet, goal, machine)
    finally:
        _ONE_AT_A_TIME.release()


def _in_process(fleet: Fleet, goal: str, machine: str) -> Plan:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_plan, args=(theirs, fleet, goal, machine), daemon=True)
    process.start()
    theirs.close()
    try:
        if not mine.poll(PATIENCE):
            raise NoPlanError(f"the plan took more than {PATIENCE:.0f} s")
        found: Plan = mine.recv()
    except EOFError as error:
        process.join(LAST_WORDS)
        raise NoPlanError("the planner ended without a plan; its error is in the log") from error
    else:
        return found
    finally:
        mine.close()
        process.kill()
        process.join()


def _plan(answer: Connection, fleet: Fleet, goal: str, machine: str) -> None:
    """In the process: send the plan. Its standard output is nobody's: HiGHS writes lines there that no option
    turns off, and the service's may be a log.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
    if machine:
        answer.send(evacuate(fleet, machine, SECONDS))
    else:
        answer.send({BALANCE: balance, CONSOLIDATE: consolidate}[goal](fleet, SECONDS))
    answer.close()
