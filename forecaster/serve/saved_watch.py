"""What a watch knows, as bytes: JSON about its series, their last steps, the state of their engine."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from forecaster.engine.engine import Engine
from forecaster.series.state import Presence
from forecaster.serve.batch import Batch
from forecaster.serve.state_file import ODD, UnusableError
from forecaster.view.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.series.labels import Labels
    from forecaster.serve.watch import Watch


def save(watch: Watch, file: IO[bytes]) -> None:
    """Write what the watch knows; it must have begun."""
    batch = watch.batch
    assert batch is not None  # noqa: S101 (the caller asks for `begun`)
    about = {
        "at": watch.at,
        "labels": batch.labels,
        "seen": batch.presence.seen.tolist(),
        "valued": batch.presence.valued.tolist(),
        "values": batch.values.tolist(),
        "steps": batch.steps,
        "gone": list(watch.gone.since.items()),
        "waiting": list(watch.newcomers.waiting.items()),
        "asked": {key: values.told() for key, values in watch.asked.by_key.items()},
        "queries": {key: getattr(watch.resource, key) for key in watch.asked.by_key},
        "times": batch.recent.times,
    }
    if watch.provisional:
        about["learned"] = [row for row in batch.labels if row in watch.learned]
    file.write(json.dumps(about).encode() + b"\n")
    np.save(file, batch.recent.table(len(batch.labels)), allow_pickle=False)
    batch.engine.save(file)


def load(watch: Watch, file: IO[bytes], now: int) -> None:
    """Have the watch go on from what was saved; raises UnusableError and leaves the watch as it is."""
    try:
        about = json.loads(file.readline())
        recent = Recent.of_table(about["times"], np.load(file, allow_pickle=False))
        engine = Engine.load(file)
        batch = _batch(about, engine, recent)
        asked = {key: about["asked"][key] for key in watch.asked.by_key if _still_asked(watch, about, key)}
        learned = set(map(_labels, about["learned"])) if "learned" in about else None
    except ODD as error:
        raise UnusableError(f"its content is not understood ({type(error).__name__}: {error})") from error
    if engine.settings != watch.settings:
        raise UnusableError("its engine has other settings")
    if len(batch.labels) > watch.resource.max_series:
        raise UnusableError("it has more series than max_series")
    if about["at"] > now:
        raise UnusableError("it is of a later time than this machine's clock")
    for key, told in asked.items():
        watch.asked.by_key[key].tell_again(told)
    watch.resume(about["at"], batch, _times(about["gone"]), _times(about["waiting"]), learned)


def _still_asked(watch: Watch, about: Mapping[str, Any], key: str) -> bool:
    """Whether the present configuration still asks for what was told."""
    query = getattr(watch.resource, key)
    return query is not None and about["queries"][key] == query


def _batch(about: Mapping[str, Any], engine: Engine, recent: Recent) -> Batch:
    """The batch of a saved watch; its bounds are the watch's business."""
    labels = tuple(map(_labels, about["labels"]))
    seen, valued = (np.array(about[name], np.int64) for name in ("seen", "valued"))
    values = np.array(about["values"], np.float64)
    parts = {
        len(labels),
        len(seen),
        len(valued),
        len(values),
        *(column.shape[1] for column in recent.columns),
    }
    if parts != {len(engine.seen)}:
        raise ValueError("its parts are of different numbers of series")
    outlook = None if engine.last is None else engine.outlook()
    return Batch(labels, (), engine, Presence(seen, valued), values, outlook, about["steps"], recent)


def _labels(pairs: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in pairs)


def _times(rows: list[tuple[list[list[str]], int]]) -> dict[Labels, int]:
    return {_labels(labels): at for labels, at in rows}
