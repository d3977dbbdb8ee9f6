"""Everything the engine says of one case, as a file: run by a checkout's own Python, with its own code.

The case and the outputs are .npz files. `same_outputs.py` writes the one and compares the others.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    Given = Mapping[str, Any]


def flat(said: Any, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of a dataclass and of those within it, by their dotted names."""
    for field in dataclasses.fields(said):
        value = getattr(said, field.name)
        if dataclasses.is_dataclass(value):
            yield from flat(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", np.asarray(value)


def replayed(given: Given, options: Mapping[str, Any]) -> dict[str, Any]:
    """All of `forecaster.replay.replay`, reasons included; series first."""
    replay = importlib.import_module("forecaster.replay").replay
    arrays = {name: given[name] for name in ("limit", "sensitivity", "min_deviation") if name in given}
    return dict(flat(replay(given["values"], given["timestamps"], **arrays, **options)))


def fitted(given: Given, options: Mapping[str, Any]) -> dict[str, Any]:
    """The contract of `forecaster.engine.holt_winters.fit`."""
    found = importlib.import_module("forecaster.engine.holt_winters").fit(given["values"], **options)
    return {name: np.asarray(getattr(found, name)) for name in ("residuals", "sse")}


CALLS: dict[str, Callable[[Given, Mapping[str, Any]], dict[str, Any]]] = {
    "replay": replayed,
    "fit": fitted,
}


def main() -> None:
    """Run the case; besides its outputs, tell the CPU seconds it took and what ran it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("outputs", type=Path)
    flags = parser.parse_args()
    given = np.load(flags.case)
    begin = time.process_time()
    said = CALLS[str(given["call"])](given, json.loads(str(given["options"])))
    seconds = time.process_time() - begin
    code = str(Path(str(importlib.import_module("forecaster").__file__)).parent.parent)
    # A path as a key: what ran it cannot be mistaken for an output.
    told: dict[str, Any] = {"/seconds": seconds, "/code": code, "/numpy": np.__version__}
    np.savez(flags.outputs, **said, **told)


if __name__ == "__main__":
    main()
