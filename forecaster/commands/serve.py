"""serve: forecast and serve the metrics until told to stop."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.web.flags import add_log_flags, add_web_flags
from exporter.web.lifecycle import reload_route
from exporter.web.logs import configure_logging
from exporter.web.server import serve
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_replica_flag, add_shard_flag, configured, flag
from forecaster.config import file as config_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from forecaster.config.model import Config
    from forecaster.serve.notifications import Notifications


SAVE_SECONDS = 60  # for the state to be saved at the end: less than the 90 s after which systemd kills


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of serve."""
    add_config_flags(parser)
    add_shard_flag(parser)
    add_replica_flag(parser)
    parser.add_argument(
        "--state.dir",
        dest="state_dir",
        metavar="DIR",
        type=Path,
        help="folder that keeps what was learned, so that a restart takes seconds, and the audit log of "
        "alerts; what was learned may be deleted at any time (default: none, history is read again)",
    )
    parser.add_argument(
        "--alerts.token-file",
        dest="alerts_token_file",
        metavar="FILE",
        type=Path,
        help="take notifications of Alertmanager at POST /api/v1/alerts, with the bearer token in this file, "
        "into the audit log of --state.dir (default: take none)",
    )
    parser.add_argument(
        "--alertmanager.url",
        dest="alertmanager_url",
        metavar="URL",
        type=flag(config_file.backend_url),
        help="Alertmanager whose silences are read: acknowledgements and their comments, and what #noise and "
        "#expected in them teach; needs --alerts.token-file (default: none is read)",
    )
    add_web_flags(parser, ":9178")
    add_log_flags(parser)


def run(flags: argparse.Namespace) -> int:
    """Forecast and serve; 1 if the loop failed."""
    from forecaster.publish.push import Push  # noqa: PLC0415 (as above)
    from forecaster.serve.fast_lane import FastLane  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.serve.loop import Loop  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.serve.migration_watch import MigrationWatch  # noqa: PLC0415 (as above)
    from forecaster.serve.silences import Silences  # noqa: PLC0415 (as above)
    from forecaster.serve.state_folder import StateFolder  # noqa: PLC0415 (as above)
    from forecaster.web import receiver  # noqa: PLC0415 (as above)
    from forecaster.web.routes import Pages  # noqa: PLC0415 (as above)

    configure_logging(flags.log_level, flags.log_format)
    config = configured(flags)
    stopping = threading.Event()

    def reread() -> Config:
        again = configured(flags)
        pages.fresh_for = again.fresh_for
        push.use(again.backend)
        return again

    def reload() -> None:
        """Raise what is wrong with the file; the loop takes it, or says the same in the log."""
        loop.reload.set()
        configured(flags)

    state = None if flags.state_dir is None else StateFolder(flags.state_dir)
    received = _notifications(flags)
    fast = FastLane(config.backend, stopping)
    loop = Loop(config, stopping, reread=reread, state=state, recent_first=True, fast=fast)
    push = Push(config.backend, lambda: fast.view, stopping, lambda: loop.view.replica)
    fast.judged = push.judged.set
    migrations = MigrationWatch(lambda: loop.config.backend, lambda: loop.view.inventory, stopping)
    pages = Pages(
        lambda: loop.view,
        config.fresh_for,
        flags.web_telemetry_path,
        fast=fast,
        push=push,
        received=received,
        migrations=migrations,
    )
    loop.published = pages.write_ahead
    threads = {"fast-lane": fast.run, "push": push.run}
    if config.shard.index == 1:
        threads["migrations"] = migrations.run
    if received is not None:
        loop.alerts = lambda: received.view
        if flags.alertmanager_url is not None:
            threads["silences"] = Silences(flags.alertmanager_url, received, stopping).run
    signal.signal(signal.SIGHUP, lambda *_: loop.reload.set())
    # A daemon: an answer that does not come must not keep the program from ending.
    thread = threading.Thread(target=loop.run, name="loop", daemon=True)
    thread.start()
    for name, each in threads.items():
        threading.Thread(target=each, name=name, daemon=True).start()
    try:
        serve(
            [
                *pages.routes(),
                *([] if received is None else [receiver.route(received, _token(flags))]),
                reload_route(reload, enabled=flags.web_enable_lifecycle),
            ],
            flags.web_listen_address,
            flags.web_config_file,
            stopping,
            systemd_socket=flags.web_systemd_socket,
            access_log=flags.web_access_log,
        )
    finally:
        stopping.set()
        thread.join(timeout=2 if state is None else SAVE_SECONDS)
    return 1 if loop.failed else 0


def _notifications(flags: argparse.Namespace) -> Notifications | None:
    """Who takes notifications, where there is a token; the folder of the state must be locked."""
    if flags.alerts_token_file is None:
        if flags.alertmanager_url is not None:
            raise ValueError("--alertmanager.url needs --alerts.token-file: silences are kept with alerts")
        return None
    from forecaster.serve.notifications import Notifications  # noqa: PLC0415 (as above)

    if flags.state_dir is None:
        raise ValueError("--alerts.token-file needs --state.dir, for the audit log")
    _token(flags)()
    return Notifications(flags.state_dir)


def _token(flags: argparse.Namespace) -> Callable[[], str]:
    """Reads the token that Alertmanager must have, each time: it may be changed."""
    from forecaster.promql import secret_file  # noqa: PLC0415 (as above)
    from forecaster.promql.results import PromqlError  # noqa: PLC0415 (as above)

    def read() -> str:
        try:
            return secret_file.token(flags.alerts_token_file)
        except PromqlError as error:
            raise ValueError(str(error)) from None

    return read


COMMAND = Command("serve", "forecast and serve the metrics (the default)", add_flags, run)
