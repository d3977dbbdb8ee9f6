"""The service: its parts, who knows whom of them, and the threads that they run in."""

from __future__ import annotations

import logging
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING

from exporter.web.gate import Gate
from exporter.web.lifecycle import reload_route
from exporter.web.server import serve
from forecaster.commands.flags import configured
from forecaster.promql import secret_file
from forecaster.promql.results import PromqlError
from forecaster.publish.push import Push
from forecaster.serve.fast_lane import FastLane
from forecaster.serve.loop import Loop
from forecaster.serve.migration_watch import MigrationWatch
from forecaster.serve.notifications import Notifications
from forecaster.serve.silences import Silences
from forecaster.serve.state_folder import StateFolder
from forecaster.web import receiver
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from exporter.web.server import Route
    from forecaster.config.model import Config
    from forecaster.view.view import AlertsView

LOG = logging.getLogger(__name__)

AGAIN_SECONDS = 10  # until what failed beside the loop begins again
END_SECONDS = 2  # for the loop to end
SAVE_SECONDS = 60  # for the state to be saved, too: less than the 90 s after which systemd kills


class Service:
    """All parts, as the flags of `serve` want them; raises what `configured` does, and OSError."""

    def __init__(self, flags: argparse.Namespace) -> None:
        config = configured(flags)
        self.flags, self.stopping = flags, threading.Event()
        self.state = None if flags.state_dir is None else StateFolder(flags.state_dir)
        self.received = _notifications(flags)  # the folder of the state must be locked
        self.fast = FastLane(config.backend, self.stopping)
        self.loop = Loop(
            config,
            self.stopping,
            reread=self._reread,
            state=self.state,
            recent_first=True,
            fast=self.fast,
        )
        self.push = Push(
            config.backend, lambda: self.fast.view, self.stopping, lambda: self.loop.view.replica
        )
        self.migrations = MigrationWatch(
            lambda: self.loop.config.backend, lambda: self.loop.view.inventory, self.stopping
        )
        self.gate = Gate(flags.web_config_file)
        self.pages = Pages(
            lambda: self.loop.view,
            config.fresh_for,
            flags.web_telemetry_path,
            fast=self.fast,
            push=self.push,
            received=self.received,
            migrations=self.migrations,
            expires=lambda: self.gate.rules.expires,
        )
        self.fast.judged = self.push.judged.set
        self.loop.published = self.pages.write_ahead
        self.loop.alerts = self._alerts

    def run(self) -> int:
        """Serve until told to stop; 1 if the loop failed."""
        signal.signal(signal.SIGHUP, lambda *_: self.loop.reload.set())
        loop = _started("loop", self.loop.run)
        for name, each in self._others().items():
            _started(name, partial(lasting, name, each, self.stopping))
        try:
            self._serve()
        finally:
            self.stopping.set()
            loop.join(END_SECONDS if self.state is None else SAVE_SECONDS)
        return 1 if self.loop.failed else 0

    def _others(self) -> dict[str, Callable[[], None]]:
        """What runs beside the loop, by the name of its thread."""
        found = {"fast-lane": self.fast.run, "push": self.push.run}
        if self.loop.config.shard.index == 1:
            found["migrations"] = self.migrations.run
        if self.received is not None and self.flags.alertmanager_url is not None:
            found["silences"] = Silences(self.flags.alertmanager_url, self.received, self.stopping).run
        return found

    def _serve(self) -> None:
        flags = self.flags
        serve(
            self._routes(),
            flags.web_listen_address,
            self.gate,
            self.stopping,
            systemd_socket=flags.web_systemd_socket,
            access_log=flags.web_access_log,
        )

    def _routes(self) -> list[Route]:
        received = self.received
        return [
            *self.pages.routes(),
            *([] if received is None else [receiver.route(received, _token(self.flags.alerts_token_file))]),
            reload_route(self._reload, enabled=self.flags.web_enable_lifecycle),
        ]

    def _alerts(self) -> AlertsView | None:
        return None if self.received is None else self.received.view

    def _reread(self) -> Config:
        """The configuration as its file is now, for all parts."""
        again = configured(self.flags)
        self.pages.fresh_for = again.fresh_for
        self.push.use(again.backend)
        return again

    def _reload(self) -> None:
        """Raise what is wrong with the file; the loop takes it, or says the same in the log."""
        self.loop.reload.set()
        configured(self.flags)


def lasting(name: str, run: Callable[[], None], stopping: threading.Event) -> None:
    """Run until it returns. A mistake in it costs a pause, not what it is there for."""
    while not stopping.is_set():
        try:
            run()
        except Exception:
            LOG.exception("%s failed and begins again: this is a mistake in the program", name)
            stopping.wait(AGAIN_SECONDS)
        else:
            return


def _started(name: str, run: Callable[[], None]) -> threading.Thread:
    """A daemon: an answer that does not come must not keep the program from ending."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


def _notifications(flags: argparse.Namespace) -> Notifications | None:
    """Who takes notifications, where there is a token."""
    if flags.alerts_token_file is None:
        if flags.alertmanager_url is not None:
            raise ValueError("--alertmanager.url needs --alerts.token-file: silences are kept with alerts")
        return None
    if flags.state_dir is None:
        raise ValueError("--alerts.token-file needs --state.dir, for the audit log")
    _token(flags.alerts_token_file)()
    return Notifications(flags.state_dir)


def _token(file: Path) -> Callable[[], str]:
    """Reads the token that Alertmanager must have, each time: it may be changed."""

    def read() -> str:
        try:
            return secret_file.token(file)
        except PromqlError as error:
            raise ValueError(str(error)) from None

    return read
