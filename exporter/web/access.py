"""The access log: one line for each request that got an answer, for an audit trail.

It has no query, which may hold secrets. Lines are never left out, whatever the level of the log is.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


class Access(NamedTuple):
    """A request and its answer. `user` has proved to be who it says; empty without authentication.

    `size` is the bytes of the answer's body as they were sent. `seconds` are from the head of the request
    until the client had read the answer, or hung up.
    """

    client: str
    user: str
    method: str
    path: str
    status: int
    size: int
    seconds: float


def record(access: Access) -> None:
    """Write the line."""
    fields = access._asdict()
    log.info("access", extra={**fields, "status": int(access.status), "seconds": f"{access.seconds:.3f}"})
