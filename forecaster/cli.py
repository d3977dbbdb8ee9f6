"""virtcast-forecaster: the command line."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import signal
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.web.flags import add_log_flags, add_web_flags
from exporter.web.logs import configure_logging
from exporter.web.server import WebError, serve
from forecaster.backtest.flags import add_backtest_flags
from forecaster.commands.flags import add_config_flags, add_replay_flags, add_shard_flag
from forecaster.config import file as config_file
from forecaster.config.durations import Horizon, horizon
from forecaster.config.model import Shard
from forecaster.config.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.config.model import Config

COMMANDS = ("serve", "replay", "backtest", "report", "check-config")
GENERAL = ("-h", "--help", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    if not given or given[0] not in (*COMMANDS, *GENERAL):
        given.insert(0, "serve")
    flags = arguments().parse_args(given)
    command: Callable[[argparse.Namespace], int] = flags.command
    try:
        return command(flags)
    except (WebError, ValueError, OSError) as error:
        sys.stderr.write(f"virtcast-forecaster: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="virtcast-forecaster",
        description="Forecasts what Prometheus has seen: expected bands, anomalies, exhaustion.",
        epilog="Without a command it serves; `virtcast-forecaster COMMAND --help` lists a command's flags.",
    )
    parser.add_argument("--version", action="version", version=f"virtcast-forecaster {version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _serve_flags(commands.add_parser("serve", help="forecast and serve the metrics (the default)"))
    _replay_flags(commands.add_parser("replay", help="run the engine over CSV files"))
    _backtest_flags(commands.add_parser("backtest", help="judge the engine on Prometheus' own history"))
    _report_flags(commands.add_parser("report", help="print what runs out first and what is unusual now"))
    _check_flags(commands.add_parser("check-config", help="read the configuration and print what it means"))
    return parser


def version() -> str:
    """The installed version."""
    try:
        return importlib.metadata.version("virtcast")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _serve_flags(parser: argparse.ArgumentParser) -> None:
    add_config_flags(parser)
    add_shard_flag(parser)
    add_web_flags(parser, ":9178")
    add_log_flags(parser)
    parser.set_defaults(command=serving)


def _check_flags(parser: argparse.ArgumentParser) -> None:
    add_config_flags(parser)
    add_shard_flag(parser)
    parser.set_defaults(command=checking)


def _backtest_flags(parser: argparse.ArgumentParser) -> None:
    add_config_flags(parser)
    add_backtest_flags(parser)
    parser.set_defaults(command=backtesting, shard=Shard())


def _report_flags(parser: argparse.ArgumentParser) -> None:
    add_config_flags(parser)
    add_shard_flag(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="json: the anomalies only (default text)"
    )
    parser.set_defaults(command=reporting)


def _replay_flags(parser: argparse.ArgumentParser) -> None:
    add_replay_flags(parser)
    parser.set_defaults(command=replaying)


def configured(flags: argparse.Namespace) -> Config:
    """The configuration file with the flags over it."""
    config = config_file.read(flags.config_file)
    url = flags.prometheus_url or config.backend.url
    return replace(config, backend=replace(config.backend, url=url), shard=flags.shard)


def checking(flags: argparse.Namespace) -> int:
    """Print the configuration in force."""
    sys.stdout.write(summary(configured(flags)))
    return 0


def serving(flags: argparse.Namespace) -> int:
    """Forecast and serve until told to stop."""
    from forecaster.serve.loop import Loop  # noqa: PLC0415 (numpy is slow to load; --help need not wait for it)
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
        )
    finally:
        stopping.set()
        thread.join(timeout=2)
    return 1 if loop.failed else 0


def replaying(flags: argparse.Namespace) -> int:
    """Run the engine over files."""
    from forecaster.replay_csv import Run, replay_files  # noqa: PLC0415 (as above)

    horizons: list[Horizon] = flags.horizons or [horizon(text) for text in ("15m", "1h", "24h")]
    ahead = tuple(each.seconds for each in horizons)
    run = Run(
        flags.step,
        flags.day,
        flags.limit,
        ahead,
        lower_limit=flags.limit_side == "lower",
        sensitivity=flags.sensitivity,
        min_deviation=flags.min_deviation,
    )
    replay_files(flags.input, flags.output, run, sys.stderr)
    return 0


def reporting(flags: argparse.Namespace) -> int:
    """Read the history once and tell what comes of it."""
    from forecaster.api.anomalies import anomalies  # noqa: PLC0415 (as above)
    from forecaster.report.text import report  # noqa: PLC0415 (as above)
    from forecaster.serve.loop import Loop  # noqa: PLC0415 (as above)

    configure_logging("info", "logfmt")
    loop = Loop(configured(flags), threading.Event(), clock=time.time)
    loop.cycle(loop.due())
    if not loop.view.backend_up:
        return 1  # and the log has said why
    view = loop.view
    known = view.fresh(view.made_at, math.inf)
    sys.stdout.write(
        report(view) if flags.format == "text" else json.dumps(anomalies(known), indent=1) + "\n"
    )
    return 1 if any(each.error for each in loop.view.resources) else 0


def backtesting(flags: argparse.Namespace) -> int:
    """Judge the engine on the backend's own history."""
    from forecaster.backtest import page, run, tables  # noqa: PLC0415 (as above)
    from forecaster.backtest.history import Span  # noqa: PLC0415 (as above)

    config = configured(flags)
    if flags.html is not None and not flags.html.absolute().parent.is_dir():
        raise ValueError(f"--html: {flags.html.parent} is no directory")
    resources = run.chosen(config, flags.resources)
    now = int(time.time() - config.settle) // config.step * config.step
    span = Span(now, flags.days, flags.series)
    reports, skipped = run.backtest(config, resources, span, sys.stderr)
    write = tables.as_json if flags.format == "json" else tables.text
    sys.stdout.write(write(reports, skipped))
    if flags.html is not None:
        flags.html.write_text(page.page(reports, skipped, config.backend.url), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
