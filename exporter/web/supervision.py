"""What a program tells systemd, as sd_notify(3) defines it: that it serves, that it is alive, that it stops.

Without systemd, or in a unit that is not of `Type=notify`, nothing is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
_OFTEN = 3  # signs of life in the time after which systemd restarts the program


def tell(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send a state to systemd. A socket that cannot be reached is no reason to end."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.setblocking(False)  # systemd that does not read must not stop the event loop
        to.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        to.send(state.encode())


def interval(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between two signs of life; None if systemd waits for none of this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 / _OFTEN if microseconds.isdecimal() and int(microseconds) else None


async def stay_alive(seconds: float | None) -> None:
    """Give signs of life from the event loop: one that no longer runs gives none."""
    while seconds is not None:
        tell(ALIVE)
        await asyncio.sleep(seconds)
