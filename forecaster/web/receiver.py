"""POST /api/v1/alerts: Alertmanager's webhook. The answer comes when the audit log has the notification."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from exporter.web.auth import BearerToken
from exporter.web.refusal import Refusal, bad_request
from exporter.web.server import Request, Response, Route
from forecaster.alerts.event import events
from forecaster.api.alerts import PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.serve.notifications import Notifications

LOG = logging.getLogger(__name__)
BODY_BYTES = (
    8 << 20
)  # 1,000 alerts, the most that the example configuration has in a notification, take 2 MiB
MOST_VALUES = 200_000  # an alert has some 40


def route(
    notifications: Notifications, token: Callable[[], str], clock: Callable[[], float] = time.time
) -> Route:
    """The route; `token` gives the bearer token in force."""

    def receive(request: Request) -> Response:
        request.query.only()
        body = request.json(most_values=MOST_VALUES)
        try:
            told = events(body, clock())
        except ValueError as error:
            raise bad_request("body", str(error)) from error
        try:
            notifications.take(told)
        except OSError as error:
            LOG.error("a notification cannot be logged", extra={"err": str(error)})  # noqa: TRY400 (one line)
            raise Refusal(503, "the audit log cannot be written: send it again") from error
        return Response(b'{"status":"success"}', "application/json")

    return Route(PATH, receive, methods=("POST",), body=BODY_BYTES, token=BearerToken(token))
