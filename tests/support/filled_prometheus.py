"""A real Prometheus that answers from given samples and scrapes nothing."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from backends import Program
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def filled(openmetrics: bytes, folder: Path) -> Iterator[str]:
    """The address of one that has these samples, which have times of their own."""
    binary, promtool = shutil.which("prometheus"), shutil.which("promtool")
    assert binary, "deploy/packages.sh test installs it"
    assert promtool
    text, blocks, config = folder / "samples.om", folder / "data", folder / "prometheus.yml"
    text.write_bytes(openmetrics)
    config.write_text("{}")
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(text), str(blocks)]
    subprocess.run(command, check=True, capture_output=True)
    port = free_port()
    flags = [
        f"--config.file={config}",
        f"--storage.tsdb.path={blocks}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    program = Program([binary, *flags], port, folder / "log")
    program.start()
    try:
        yield program.url
    finally:
        program.stop()
