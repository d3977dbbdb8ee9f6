"""virtcast-exporter's entry point: it says in one line if the extra `exporter` is not installed."""

from __future__ import annotations

import sys

from exporter.web.extras import explained


def main() -> int:
    """Run the command line; the exit status."""
    try:
        from exporter.cli import main as run  # noqa: PLC0415 (loads libvirt)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"virtcast-exporter: {explained(error)}\n")
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
