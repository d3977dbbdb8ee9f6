"""Write the dashboards' JSON from their Python.

python -m grafana                                   the default profile, to grafana/json; and lists of files
python -m grafana --check                           fails when a committed file is not what it should be
python -m grafana --config.file FILE --output DIR   with the resources and horizons of the forecaster's
                                                    configuration
python -m grafana --profile demo --output DIR       with the time ranges of the demo
python -m grafana --schema v2                       in schema v2 (Grafana 13), to grafana/json-v2
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from forecaster.config.file import ConfigError, read
from grafana.generation import SCHEMAS
from grafana.lists import lists
from grafana.profile import PROFILES

FOLDER = Path(__file__).parent
JSON = {"classic": FOLDER / "json", "v2": FOLDER / "json-v2"}


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m grafana",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file is not up to date"
    )
    parser.add_argument("--profile", choices=PROFILES, default="default", help="time ranges and refresh")
    parser.add_argument(
        "--config.file",
        dest="config",
        type=Path,
        metavar="FILE",
        help="the forecaster's configuration; default: the built-in resources",
    )
    parser.add_argument("--schema", choices=SCHEMAS, default="classic", help="of the JSON")
    parser.add_argument("--output", type=Path, metavar="DIR")
    given = parser.parse_args(argv)
    given.output = given.output or JSON[given.schema]
    return given


def main(argv: list[str] | None = None) -> int:
    given = arguments(argv)
    try:
        profile = replace(PROFILES[given.profile], resources=read(given.config).resources)
        wanted = SCHEMAS[given.schema](profile)
    except (ConfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    outputs = [(given.output, wanted)]
    if given.output == JSON["classic"]:
        outputs.append((FOLDER, lists(wanted)))
    put = check if given.check else write
    return max([put(folder, texts) for folder, texts in outputs])


def check(folder: Path, wanted: dict[str, str]) -> int:
    """Names what is not up to date."""
    stale = [name for name, text in wanted.items() if not _holds(folder / name, text)]
    stale += [path.name for path in sorted(folder.glob("*.json")) if path.name not in wanted]
    for name in stale:
        sys.stderr.write(f"{folder / name}: not up to date; run python -m grafana\n")
    return 1 if stale else 0


def write(folder: Path, wanted: dict[str, str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
