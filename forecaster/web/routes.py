"""The forecaster's routes: metrics, pages for people, /api/v1, runbooks, probes."""

from __future__ import annotations

import logging
import threading
import time
from itertools import chain
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector

from exporter.metric import families
from exporter.web import exposition
from exporter.web.html import Link
from exporter.web.server import Request, Response, Route
from forecaster.api import registry
from forecaster.publish.fast import fast_samples
from forecaster.publish.gauges import of_certificate, samples
from forecaster.publish.migrations import migration_samples
from forecaster.web import runbooks, series_page
from forecaster.web.page import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.publish.push import Push
    from forecaster.serve.fast_lane import FastLane
    from forecaster.serve.migration_watch import MigrationWatch
    from forecaster.serve.notifications import Notifications
    from forecaster.view.view import AlertsView, Fresh, ResourceView, View

LOG = logging.getLogger(__name__)


class Pages:
    """Handlers over the latest view. `fresh_for` is the age in seconds up to which a forecast is one.

    A page of metrics is rendered once per view and format, and again when a forecast in it has become too
    old: the next scrapes get the same bytes. What it says of the process is of that time, too.
    """

    def __init__(
        self,
        view: Callable[[], View],
        fresh_for: int,
        telemetry: str,
        clock: Callable[[], float] = time.time,
        *,
        fast: FastLane | None = None,
        push: Push | None = None,
        received: Notifications | None = None,
        migrations: MigrationWatch | None = None,
        expires: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.view = view
        self.fresh_for = fresh_for
        self.telemetry = telemetry
        self.clock = clock
        self.fast = fast
        self.push = push
        self.received = received
        self._process = ProcessCollector(registry=CollectorRegistry())
        self.migrations = migrations
        self.expires = expires  # Unix time of the web server's certificate
        self._lock = threading.Lock()
        self._rendered: dict[exposition.Format, tuple[View, float, Response]] = {}

    def routes(self) -> list[Route]:
        """The table of routes."""
        return [
            Route(self.telemetry, self.metrics),
            *([] if self.fast is None else [Route(f"{self.telemetry.rstrip('/')}/fast", self.fast_metrics)]),
            Route("/", self.status),
            Route(series_page.PATH, self.series),
            *registry.routes(self.fresh),
            *runbooks.routes(),
            Route("/-/healthy", self.healthy, probe=True),
            Route("/-/ready", self.ready, probe=True),
        ]

    def metrics(self, request: Request) -> Response:
        """All samples, in the format asked for."""
        return self._page(exposition.negotiated(request.headers.get("Accept", "")))

    def write_ahead(self) -> None:
        """Write the page of the latest view in the formats that were asked for: scrapes need not wait. A
        mistake there fails the scrapes, never who calls.
        """
        try:
            for form in list(self._rendered):
                self._page(form).compressed()
        except Exception:
            LOG.exception("the page of metrics cannot be written: this is a mistake in the program")

    def _page(self, form: exposition.Format) -> Response:
        now = self.clock()
        with self._lock:
            view = self.view()
            known = self._rendered.get(form)
            if known is None or known[0] is not view or now > known[1]:
                every = samples(view, now, self.fresh_for, form.names)
                made = families(chain(every, of_certificate(self.expires())))
                found = [*made, *self._process.collect()]
                known = view, self._good_until(view, now), exposition.page(found, form)
                current = {each: made for each, made in self._rendered.items() if made[0] is view}
                self._rendered = {**current, form: known}
            return known[2]

    def fast_metrics(self, request: Request) -> Response:
        """The samples of the fast lane and of live migrations: few, and new with every scrape."""
        assert self.fast is not None  # noqa: S101 (else there is no such route)
        form = exposition.negotiated(request.headers.get("Accept", ""))
        replica = self.view().replica
        pushes = self.push.counts if self.push is not None else None
        found = fast_samples(
            self.fast.view,
            self.fast.queries,
            self.clock(),
            replica,
            form.names,
            circuit_open=self.fast.circuit_open,
            pushes=pushes,
        )
        moving = () if self.migrations is None else migration_samples(self.migrations.view, replica)
        return exposition.page(families(chain(found, moving)), form)

    def status(self, _request: Request) -> Response:
        """The page for people."""
        text = page(self.view(), self.clock(), self.fresh_for, self._links(), self._alerts())
        return Response(text.encode(errors="replace"), "text/html; charset=utf-8")

    def series(self, request: Request) -> Response:
        """The page of the series that a selector chooses."""
        return series_page.page(self.fresh(), request.query, self._links())

    def _links(self) -> list[Link]:
        return [
            Link("/", "Status"),
            Link(series_page.PATH, "Series"),
            Link(self.telemetry, "Metrics"),
            Link(registry.OPENAPI, "OpenAPI"),
            Link("/runbooks", "Runbooks", "What each alert means, and what to do."),
            Link("/-/ready", "Ready"),
            Link("/-/healthy", "Healthy"),
        ]

    def fresh(self) -> Fresh:
        """What is fresh of the latest view now."""
        return self.view().fresh(self.clock(), self.fresh_for, self._alerts())

    def _alerts(self) -> AlertsView | None:
        return None if self.received is None else self.received.view

    def healthy(self, _request: Request) -> Response:
        """The process answers."""
        return Response(b"healthy\n")

    def ready(self, _request: Request) -> Response:
        """Whether forecasts are served: every resource has been tried, and one at least was read lately."""
        reason = self._unready(self.view(), self.clock())
        return Response(f"not ready: {reason}\n".encode(), status=503) if reason else Response(b"ready\n")

    def _unready(self, view: View, now: float) -> str:
        """Why no forecasts are served; empty if they are."""
        waiting = [each.resource.name for each in view.resources if not each.last_success and not each.error]
        if waiting:
            return f"still to be read: {', '.join(waiting)}"
        if all(now - each.last_success > self._fresh_for(each) for each in view.resources):
            return view.resources[0].error or "no recent cycle"
        return ""

    def _fresh_for(self, each: ResourceView) -> int:
        return each.resource.fresh_for or self.fresh_for

    def _good_until(self, view: View, now: float) -> float:
        """When the next forecast of the view becomes too old."""
        ends = [each.rows.at + self._fresh_for(each) for each in view.resources if each.rows is not None]
        return min((end for end in ends if end >= now), default=float("inf"))
