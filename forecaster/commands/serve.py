"""serve: forecast and serve the metrics until told to stop."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from exporter.web.flags import add_log_flags, add_web_flags
from exporter.web.logs import configure_logging
from exporter.web.server import serve
from forecaster.commands.command import Command
from forecaster.commands.flags import add_config_flags, add_replica_flag, add_shard_flag, configured

if TYPE_CHECKING:
    import argparse

    from forecaster.config.model import Config


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of serve."""
    add_config_flags(parser)
    add_shard_flag(parser)
    add_replica_flag(parser)
    add_web_flags(parser, ":9178")
    add_log_flags(parser)


def run(flags: argparse.Namespace) -> int:
    """Forecast and serve; 1 if the loop failed."""
    from forecaster.serve.loop import Loop  # noqa: PLC0415 (numpy is slow to load)
    from forecaster.web.routes import Pages  # noqa: PLC0415 (as above)

    configure_logging(flags.log_level, flags.log_format)
    config = configured(flags)
    stopping = threading.Event()

    def reread() -> Config:
        again = configured(flags)
        pages.fresh_for = again.fresh_for
        return again

    loop = Loop(config, stopping, reread=reread)
    pages = Pages(lambda: loop.view, config.fresh_for, flags.web_telemetry_path)
    signal.signal(signal.SIGHUP, lambda *_: loop.reload.set())
    # A daemon: an answer that does not come must not keep the program from ending.
    thread = threading.Thread(target=loop.run, name="loop", daemon=True)
    thread.start()
    try:
        serve(
            pages.routes(),
            flags.web_listen_address,
            flags.web_config_file,
            stopping,
            systemd_socket=flags.web_systemd_socket,
            access_log=flags.web_access_log,
        )
    finally:
        stopping.set()
        thread.join(timeout=2)
    return 1 if loop.failed else 0


COMMAND = Command("serve", "forecast and serve the metrics (the default)", add_flags, run)
