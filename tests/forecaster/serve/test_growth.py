"""Ten times the series from one step to the next, with real processes: those that were there go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from forecasting import ONLY, STEP, VMS, running, samples

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from backends import Program
    from forecasting import Forecaster

ALL = 10 * VMS
ROOM = 8 * VMS  # for series of a resource
UNTIL = 50  # seconds from the preparation to the growth
SEEN = 12 * STEP  # seconds after it that both are watched for


def test_ten_times_the_series_within_a_step(
    prometheus_with: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> None:
    now = int(time.time())
    grows = (now + UNTIL) // STEP * STEP
    grown = prometheus_with(samples(now, joining=range(VMS, ALL), at=grows))
    calm = prometheus_with(samples(now))
    folders = [tmp_path_factory.mktemp("forecaster") for _ in range(2)]
    with (
        running(grown.url, folders[0], room=ROOM) as tried,
        running(calm.url, folders[1], room=ROOM) as undisturbed,
    ):
        tried.until_ready()
        undisturbed.until_ready()
        assert time.time() < grows, "it has begun too early: the machine is too slow"
        said = watched(tried, undisturbed, grows + SEEN)
        assert min(at for at in said if at >= grows) <= grows + 3 * STEP, "those that were there go on"
        for at, (mine, theirs) in said.items():
            differ = {key: (mine.get(key), value) for key, value in theirs.items() if mine.get(key) != value}
            assert not differ, at
        for name in ONLY:
            assert counted(tried, name) == {"excluded": ALL - ROOM, "new": ROOM - VMS, "known": ROOM}
            assert counted(undisturbed, name) == {"excluded": 0, "new": 0, "known": VMS}
        assert "Traceback" not in tried.log.read_text()


def watched(
    one: Forecaster, other: Forecaster, until: float
) -> dict[float, tuple[dict[str, float], dict[str, float]]]:
    """What both say, at all instants up to `until` at which both were asked in time."""
    mine: dict[float, dict[str, float]] = {}
    theirs: dict[float, dict[str, float]] = {}
    while time.time() < until:
        mine.update(one.outlooks())
        theirs.update(other.outlooks())
        time.sleep(STEP / 8)
    return {at: (mine[at], theirs[at]) for at in mine.keys() & theirs.keys()}


def counted(forecaster: Forecaster, name: str) -> dict[str, float]:
    """What is counted of a resource's series."""
    known = ("ready", "learning", "stale")
    return {
        "excluded": forecaster.value(f'virtcast_series_excluded{{resource="{name}",reason="max_series"}}'),
        "new": forecaster.value(f'virtcast_series_changes_total{{resource="{name}",change="new"}}'),
        "known": sum(
            forecaster.value(f'virtcast_series{{resource="{name}",state="{each}"}}') for each in known
        ),
    }
