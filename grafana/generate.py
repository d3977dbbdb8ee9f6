"""Write the dashboards' JSON from their Python.

python grafana/generate.py                                the default profile, to grafana/json
python grafana/generate.py --check                        fails when a committed file is not what it should be
python grafana/generate.py --profile demo --output DIR    with time ranges and horizons of the demo
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))  # run as a script, from anywhere

from grafana import fleet, host, vm  # noqa: E402 (needs the path)
from grafana.layout import encode  # noqa: E402
from grafana.profile import PROFILES, Profile  # noqa: E402

DASHBOARDS = (fleet.dashboard, host.dashboard, vm.dashboard)


def generated(profile: Profile) -> dict[str, str]:
    """File name → JSON of every dashboard."""
    built = [build(profile) for build in DASHBOARDS]
    return {f"{dashboard.uid}.json": encode(dashboard) for dashboard in built}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file is not up to date"
    )
    parser.add_argument(
        "--profile", choices=PROFILES, default="default", help="the choices to write them with"
    )
    parser.add_argument("--output", type=Path, default=FOLDER / "json", metavar="DIR")
    arguments = parser.parse_args(argv)
    wanted = generated(PROFILES[arguments.profile])
    stale = [name for name, text in wanted.items() if not _holds(arguments.output / name, text)]
    stale += [path.name for path in sorted(arguments.output.glob("*.json")) if path.name not in wanted]
    if arguments.check:
        for name in stale:
            sys.stderr.write(f"{arguments.output / name}: not up to date; run python grafana/generate.py\n")
        return 1 if stale else 0
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (arguments.output / name).write_text(text, encoding="utf-8")
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
