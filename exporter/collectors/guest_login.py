"""Who is logged in to guests, as guest agents report it: personal data, so it is off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS, MOST_USERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

LOGIN = Metric(
    "libvirt_domain_guest_user_login_timestamp_seconds",
    Kind.GAUGE,
    f"Time when the user logged in to the guest; for the first {MOST_USERS} users that the agent lists.",
    ("domain", "user", "user_domain"),
    "Unix time",
)
METRICS = (LOGIN,)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The users of each guest whose login time is known."""
    for domain in snapshot.domains:
        details = domain.agent.details if domain.agent else None
        for user in details.users if details else ():
            if user.login is not None:
                yield LOGIN.sample(user.login, domain.name, user.name, user.domain)


COLLECTOR = Collector(
    "guest-login",
    order=122,
    about="names and login times of users in guests: personal data (needs --libvirt.read-write)",
    metrics=METRICS,
    collect=collect,
    needs=(GUEST_AGENTS, GUEST_DETAILS),
    enabled=False,
)
