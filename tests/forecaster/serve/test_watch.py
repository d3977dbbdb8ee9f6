"""One resource step by step: history, newcomers, vanished series, missed steps, moves, limits."""

from __future__ import annotations

import contextlib
import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from forecaster.config.bounds import Override
from forecaster.config.durations import horizon
from forecaster.config.matcher import Matcher
from forecaster.config.model import Backend, Config, Shard
from forecaster.config.resource import Resource
from forecaster.promql.results import PromqlError, Result
from forecaster.series.state import State
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend
    from forecaster.series.labels import Labels
    from forecaster.serve.batch import Batch

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY + 12 * HOUR
BEGIN = NOW - 14 * HOUR
CPU = Resource("vm_cpu", "vm:cpu:ratio", horizons=(horizon("1h"),), follow=("instance",))


def watch(history: MemoryBackend, resource: Resource = CPU, **times: Any) -> Watch:
    shard = times.pop("shard", Shard())
    config = Config.of(
        Backend(), (resource,), **({"step": STEP, "lookback": 12 * HOUR, "gone_after": 2 * HOUR} | times)
    )
    return Watch(resource, replace(config, shard=shard), history)


def labels(domain: str, instance: str = "h1") -> Labels:
    return (("domain", domain), ("instance", instance))


def batch_of(watched: Watch) -> Batch:
    assert watched.batch is not None
    return watched.batch


def value(watched: Watch, row: Labels) -> float:
    batch = batch_of(watched)
    return float(batch.values[batch.labels.index(row)])


def expected(watched: Watch, row: Labels) -> float:
    batch = batch_of(watched)
    assert batch.outlook is not None
    return float(batch.outlook.expected[batch.labels.index(row)])


def test_history_makes_series_ready_at_once(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW, 0.3))
    history.put("vm:cpu:ratio", dict(labels("db")), wave(BEGIN, NOW, 0.7))
    watched = watch(history)
    shares: list[float] = []
    watched.advance(NOW, shares.append)
    assert watched.states() == {labels("web"): State.READY, labels("db"): State.READY}
    assert expected(watched, labels("web")) == pytest.approx(value(watched, labels("web")), abs=0.06)
    assert expected(watched, labels("db")) == pytest.approx(value(watched, labels("db")), abs=0.06)
    assert abs(expected(watched, labels("db")) - expected(watched, labels("web"))) > 0.3
    assert watched.steps == 12 * 4
    assert shares[-1] == 1


def test_a_backend_that_answers_for_few_series_at_once_is_followed_like_any_other(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    """History, the live step and newcomers are the same."""
    limited = type(history)(accepts=7)
    for number in range(40):
        for backend in (history, limited):
            first = BEGIN if number < 30 else NOW + STEP
            backend.put("vm:cpu:ratio", dict(labels(f"vm-{number:03}")), wave(first, NOW + HOUR, 0.3))
    free, few = watch(history), watch(limited)
    for now in (NOW, NOW + STEP, NOW + 2 * STEP):
        free.advance(now)
        few.advance(now)
        assert few.states() == free.states()
    assert len(few.states()) == 40
    for row in batch_of(free).labels:
        assert value(few, row) == value(free, row)
        assert expected(few, row) == pytest.approx(expected(free, row))
    limited.close()


def test_a_cycle_is_one_small_query(history: MemoryBackend, wave: Callable[..., dict[int, float]]) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR))
    watched = watch(history)
    watched.advance(NOW)
    history.asked.clear()
    watched.advance(NOW + STEP)
    assert history.asked == [("vm:cpu:ratio", NOW + STEP, NOW + STEP)]
    watched.advance(NOW + STEP)  # nothing is due
    assert len(history.asked) == 1


def test_missed_steps_are_read_in_order(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR))
    steady, late = watch(history), watch(history)
    for each in (steady, late):
        each.advance(NOW)
    for at in range(NOW + STEP, NOW + HOUR + 1, STEP):
        steady.advance(at)
    history.asked.clear()
    late.advance(NOW + HOUR)
    assert history.asked == [("vm:cpu:ratio", NOW + STEP, NOW + HOUR)]
    mine, theirs = batch_of(late).outlook, batch_of(steady).outlook
    assert mine is not None
    assert theirs is not None
    np.testing.assert_array_equal(mine.expected, theirs.expected)
    np.testing.assert_array_equal(mine.forecast, theirs.forecast)


def test_who_has_forecasts_keeps_them_while_catching_up(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first history has none before its end: those of a moment in it would be for nobody."""
    monkeypatch.setattr("forecaster.serve.frames.WINDOW_STEPS", 10)
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + 30 * STEP, 0.3))
    watched = watch(history)
    known: list[bool] = []

    def look(_: float) -> None:
        outlook = batch_of(watched).outlook
        known.append(outlook is not None and bool(np.isfinite(outlook.forecast).all()))

    watched.advance(NOW, look)
    assert known == [False] * 4 + [True]
    known.clear()
    watched.advance(NOW + 30 * STEP, look)
    assert known == [True] * 3


def test_a_failure_half_way_goes_on_where_it_stopped(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.serve.frames.WINDOW_STEPS", 10)
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW))
    broken, whole = watch(history), watch(history)
    answer, left = history.query_range, 3

    def flaky(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise PromqlError(Result.SERVER_ERROR, "gone")
        return answer(*arguments)

    monkeypatch.setattr(history, "query_range", flaky)
    with pytest.raises(PromqlError):
        broken.advance(NOW)
    assert broken.at == NOW - 12 * HOUR + 20 * STEP
    left = 1000
    broken.advance(NOW)
    whole.advance(NOW)
    assert broken.steps == whole.steps == 48
    mine, theirs = batch_of(broken).outlook, batch_of(whole).outlook
    assert mine is not None
    assert theirs is not None
    np.testing.assert_array_equal(mine.expected, theirs.expected)


def test_a_newcomer_brings_its_own_history(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR, 0.3))
    watched = watch(history)
    watched.advance(NOW)
    history.put("vm:cpu:ratio", dict(labels("db")), wave(BEGIN, NOW + HOUR, 0.7))
    history.asked.clear()
    watched.advance(NOW + STEP)
    assert watched.states() == {labels("web"): State.READY, labels("db"): State.READY}
    assert value(watched, labels("db")) == history.series["vm:cpu:ratio"][labels("db")][NOW + STEP]
    assert value(watched, labels("web")) == history.series["vm:cpu:ratio"][labels("web")][NOW + STEP]
    narrow = [asked for asked in history.asked if 'domain=~"db"' in asked[0]]
    assert len(narrow) == len(history.asked) - 1 == 1
    watched.advance(NOW + 2 * STEP)
    assert expected(watched, labels("db")) == pytest.approx(value(watched, labels("db")), abs=0.06)


def test_a_newcomer_without_history_learns(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR))
    history.put("vm:cpu:ratio", dict(labels("db")), wave(NOW + STEP, NOW + HOUR))
    watched = watch(history)
    watched.advance(NOW)
    watched.advance(NOW + STEP)
    assert watched.states()[labels("db")] is State.LEARNING
    assert value(watched, labels("db")) == history.series["vm:cpu:ratio"][labels("db")][NOW + STEP]


def test_newcomers_of_a_query_that_cannot_be_narrowed_wait_their_turn(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecaster.serve.newcomers.narrowed", lambda *_: [])
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + 2 * HOUR))
    watched = watch(history)
    watched.advance(NOW)
    for number, name in enumerate(("a", "b", "c"), 1):
        history.put("vm:cpu:ratio", dict(labels(name)), wave(BEGIN, NOW + 2 * HOUR))
        history.asked.clear()
        watched.advance(NOW + number * STEP)
        whole = [asked for asked in history.asked if asked[1] != asked[2]]
        assert len(whole) == (1 if number == 1 else 0)
        assert labels(name) in watched.states()
    watched.advance(NOW + HOUR + STEP)
    assert {labels(name) for name in ("web", "a", "b", "c")} == set(batch_of(watched).labels)


def test_the_first_series_ever_are_found_later(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    watched = watch(history)
    watched.advance(NOW)
    assert watched.states() == {}
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR))
    watched.advance(NOW + STEP)
    assert watched.states() == {labels("web"): State.READY}


def test_a_vanished_series_becomes_stale_then_gone_then_forgotten(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW))
    history.put("vm:cpu:ratio", dict(labels("db")), wave(BEGIN, NOW + 2 * DAY, 0.7))
    watched = watch(history, lookback=12 * HOUR, forget_after=HOUR)
    seen: dict[int, State | None] = {}
    for minutes in range(0, 4 * 60, 15):
        watched.advance(NOW + minutes * 60)
        seen[minutes] = watched.states().get(labels("web"))
        at = NOW + minutes * 60
        assert value(watched, labels("db")) == history.series["vm:cpu:ratio"][labels("db")][at]
    assert seen[0] is State.READY
    assert seen[45] is State.READY
    assert seen[60] is State.STALE
    assert seen[120] is State.STALE
    assert seen[135] is State.GONE
    assert seen[195] is State.GONE
    assert seen[210] is None
    assert batch_of(watched).labels == (labels("db"),)


def test_a_series_that_comes_back_continues(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW))
    history.put("vm:cpu:ratio", dict(labels("web")), wave(NOW + 4 * HOUR, NOW + 5 * HOUR))
    history.put("vm:cpu:ratio", dict(labels("db")), wave(BEGIN, NOW + DAY))
    watched = watch(history)
    for at in range(NOW, NOW + 5 * HOUR, STEP):
        watched.advance(at)
    assert watched.states() == {labels("web"): State.READY, labels("db"): State.READY}
    assert watched.gone.since == {}


def test_when_every_series_vanishes_the_watch_goes_on(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW))
    watched = watch(history)
    for at in range(NOW, NOW + 3 * HOUR, STEP):
        watched.advance(at)
    assert watched.states() == {labels("web"): State.GONE}
    history.put("vm:cpu:ratio", dict(labels("db")), wave(BEGIN, NOW + DAY))
    watched.advance(NOW + 3 * HOUR)
    assert watched.states()[labels("db")] is State.READY


def test_samples_that_are_no_numbers_make_a_series_unusable(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW))
    history.put(
        "vm:cpu:ratio", dict(labels("web")), dict.fromkeys(range(NOW + STEP, NOW + 2 * HOUR, STEP), math.nan)
    )
    watched = watch(history)
    for at in range(NOW, NOW + 2 * HOUR, STEP):
        watched.advance(at)
    assert watched.states() == {labels("web"): State.UNUSABLE}


def test_a_migrated_vm_keeps_its_history(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    whole = wave(BEGIN, NOW + 2 * HOUR)
    before = {t: v for t, v in whole.items() if t <= NOW}
    history.put("vm:cpu:ratio", dict(labels("web", "h1")), before)
    history.put("vm:cpu:ratio", dict(labels("web", "h2")), {t: v for t, v in whole.items() if t > NOW})
    history.put("still:cpu:ratio", dict(labels("web", "h1")), whole)
    moving, still = watch(history), watch(history, replace(CPU, query="still:cpu:ratio"))
    for at in (NOW, NOW + STEP, NOW + 2 * STEP):
        moving.advance(at)
        still.advance(at)
    assert moving.states() == {labels("web", "h2"): State.READY}
    assert expected(moving, labels("web", "h2")) == expected(still, labels("web", "h1"))
    restarted = watch(history)
    restarted.advance(NOW + 2 * STEP)
    assert restarted.states() == {labels("web", "h2"): State.READY}
    assert value(restarted, labels("web", "h2")) == whole[NOW + 2 * STEP]


def test_while_a_vm_migrates_both_hosts_may_tell_of_it(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web", "h1")), wave(BEGIN, NOW + 2 * STEP))
    history.put("vm:cpu:ratio", dict(labels("web", "h2")), wave(NOW + STEP, NOW + HOUR))
    watched = watch(history)
    for at in range(NOW, NOW + HOUR, STEP):
        watched.advance(at)
    assert watched.states() == {labels("web", "h2"): State.READY}
    assert len(batch_of(watched).labels) == 1


def test_two_vms_with_one_name_are_two_series(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web", "h1")), wave(BEGIN, NOW + 2 * HOUR, 0.3))
    history.put("vm:cpu:ratio", dict(labels("web", "h2")), wave(NOW + STEP, NOW + 2 * HOUR, 0.7))
    watched = watch(history)
    states: list[State | None] = []
    for at in range(NOW, NOW + 2 * HOUR, STEP):
        watched.advance(at)
        states.append(watched.states().get(labels("web", "h2")))
    assert states[1] is State.LEARNING
    assert states[-1] is State.LEARNING  # it has no part in the other one's history
    assert watched.states()[labels("web", "h1")] is State.READY
    assert set(batch_of(watched).labels) == {labels("web", "h1"), labels("web", "h2")}
    assert value(watched, labels("web", "h1")) < 0.5 < value(watched, labels("web", "h2"))


def test_a_newcomer_whose_history_is_refused_holds_up_no_other_one(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + DAY))
    watched = watch(history)
    watched.advance(NOW)
    for number in range(8):
        history.put("vm:cpu:ratio", dict(labels(f"vm{number}")), wave(NOW + STEP, NOW + DAY))
    answer = history.query_range

    def picky(expression: str, *others: Any) -> Any:
        if "vm3" in expression:
            raise PromqlError(Result.BAD_QUERY, "I do not like vm3")
        return answer(expression, *others)

    monkeypatch.setattr(history, "query_range", picky)
    for step in range(1, 16):
        with contextlib.suppress(PromqlError):
            watched.advance(NOW + step * STEP)
    assert {labels(f"vm{number}") for number in range(8) if number != 3} < set(batch_of(watched).labels)
    assert watched.states()[labels("vm3")] is State.LEARNING


FILES = Resource(
    "vm_filesystem", "vm:fs:ratio", horizons=(horizon("1h"),), max_series=30, max_series_per_vm=12
)


def mount(number: int) -> dict[str, str]:
    return {"domain": "greedy", "instance": "h1", "mountpoint": f"/m{number}"}


def test_a_guest_that_renames_its_file_systems_takes_no_room_of_others(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    """Four file systems that have other names at each step; in the end another tenant's VM is born."""
    watched = watch(history, FILES, gone_after=DAY)
    for step in range(30):
        at = NOW + step * STEP
        for number in range(4 * step, 4 * step + 4):
            history.put("vm:fs:ratio", mount(number), {at: 0.5})
        if step == 28:
            history.put("vm:fs:ratio", dict(labels("other")), wave(NOW - HOUR, NOW + DAY))
        watched.advance(at)
    assert labels("other") in batch_of(watched).labels
    mine = [row for row in batch_of(watched).labels if dict(row)["domain"] == "greedy"]
    assert len(mine) == FILES.max_series_per_vm
    assert {dict(row)["mountpoint"] for row in mine} >= {f"/m{number}" for number in range(116, 120)}
    assert len(watched.gone.since) <= FILES.max_series_per_vm
    restarted = watch(history, FILES, gone_after=DAY)
    restarted.advance(NOW + 29 * STEP)
    assert labels("other") in batch_of(restarted).labels


def test_one_vm_has_its_share_of_the_room_and_no_more(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    for number in range(20):
        history.put("vm:fs:ratio", mount(number), wave(NOW - HOUR, NOW + HOUR))
    watched = watch(history, FILES)
    watched.advance(NOW)
    assert len(watched.states()) == 12
    assert watched.left_out.counts["max_series_per_vm"] == 8
    assert watched.left_out.counts["max_series"] == 0


def test_the_dead_give_way_even_if_they_are_all_there_is(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(NOW - HOUR, NOW))
    history.put("vm:cpu:ratio", dict(labels("db")), wave(NOW + HOUR, NOW + 2 * HOUR))
    watched = watch(history, replace(CPU, max_series=1), gone_after=DAY)
    for at in range(NOW, NOW + 2 * HOUR, STEP):
        watched.advance(at)
    assert watched.states() == {labels("web"): State.GONE, labels("db"): State.LEARNING}


def test_a_limit_that_is_told_no_more_is_forgotten(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(NOW - HOUR, NOW + DAY))
    history.put("quota", dict(labels("web")), {NOW: 0.5})
    watched = watch(history, replace(CPU, limit_query="quota"))
    for hours, limit in ((0, 0.5), (1, 0.5), (2, 0.5), (3, 0.9)):
        watched.advance(NOW + hours * HOUR)
        assert batch_of(watched).bounds[0].limit == limit


def test_a_partial_answer_makes_nothing_gone_and_is_said_once(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW))
    watched = watch(history)
    watched.advance(NOW)
    history.partial = True
    for at in range(NOW + STEP, NOW + 4 * HOUR, STEP):
        watched.advance(at)
    assert watched.states() == {labels("web"): State.STALE}
    assert watched.left_out.partial
    assert watched.left_out.partial_answers == 15
    assert watched.gone.since == {}
    assert batch_of(watched).labels == (labels("web"),)
    history.partial = False
    watched.advance(NOW + 4 * HOUR)
    assert watched.states() == {labels("web"): State.GONE}
    assert watched.gone.since == {labels("web"): NOW + 4 * HOUR}
    assert not watched.left_out.partial
    said = [record.getMessage() for record in caplog.records if "answers" in record.getMessage()]
    assert said == ["answers are partial: series may be missing", "answers are whole again"]


def test_too_many_series_are_counted(history: MemoryBackend, wave: Callable[..., dict[int, float]]) -> None:
    for name in "abcd":
        history.put("vm:cpu:ratio", dict(labels(name)), wave(NOW - HOUR, NOW + HOUR))
    watched = watch(history, replace(CPU, max_series=3))
    for at in (NOW, NOW + STEP):
        watched.advance(at)
        assert set(watched.states()) == {labels(name) for name in "abc"}
        assert watched.left_out.counts["max_series"] == 1


def test_shards_divide_the_series_and_moving_changes_no_shard(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    for number in range(12):
        history.put("vm:cpu:ratio", dict(labels(f"vm-{number}")), wave(NOW - HOUR, NOW))
        history.put("vm:cpu:ratio", dict(labels(f"vm-{number}", "h2")), wave(NOW + STEP, NOW + HOUR))
    shards = [watch(history, shard=Shard(index, 3)) for index in (1, 2, 3)]
    before, after = [], []
    for each in shards:
        each.advance(NOW)
        before.append({row[0] for row in each.states()})
        each.advance(NOW + STEP)
        after.append({row[0] for row in each.states()})
    assert before == after
    assert sum(map(len, before)) == 12
    assert len(set.union(*before)) == 12
    assert min(map(len, before)) > 0


def test_limits_by_query_hold_while_it_fails(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR))
    history.put("vm:cpu:ratio", dict(labels("db")), wave(BEGIN, NOW + HOUR))
    history.put("quota", {"domain": "web"}, {NOW: 0.6})
    override = Override((Matcher.parse('domain="db"'),), limit=math.inf)
    watched = watch(history, replace(CPU, limit_query="quota", overrides=(override,)))
    watched.advance(NOW)
    history.errors["quota"] = PromqlError(Result.BAD_QUERY, "no")
    with pytest.raises(PromqlError, match="limit_query: no"):
        watched.advance(NOW + STEP)
    assert watched.at == NOW + STEP
    batch = batch_of(watched)
    limits = {row: bounds.limit for row, bounds in zip(batch.labels, batch.bounds, strict=True)}
    assert limits == {labels("web"): 0.6, labels("db"): math.inf}
    assert batch.outlook is not None
    assert batch.outlook.probability[0, batch.labels.index(labels("db"))] == 0


def test_the_sensitivity_of_a_vm_is_asked_and_a_failure_of_it_is_told(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + HOUR))
    history.put("quota", {"domain": "web"}, {NOW: 0.6, NOW + STEP: 0.7})
    history.put("dial", {"domain": "web"}, {NOW: 2.0})
    watched = watch(history, replace(CPU, limit_query="quota", sensitivity_query="dial"))
    watched.advance(NOW)
    history.errors["dial"] = PromqlError(Result.BAD_QUERY, "no")
    with pytest.raises(PromqlError, match="sensitivity_query: no"):
        watched.advance(NOW + STEP)
    bounds = batch_of(watched).bounds[0]
    assert (bounds.limit, bounds.anomaly_threshold) == (0.7, CPU.anomaly_threshold / 2)


def test_what_happens_to_series_is_counted(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    """One stays, one moves to another host, one stops and comes back, one is new."""
    history.put("vm:cpu:ratio", dict(labels("stays")), wave(BEGIN, NOW + DAY))
    history.put("vm:cpu:ratio", dict(labels("moves")), wave(BEGIN, NOW))
    history.put("vm:cpu:ratio", dict(labels("moves", "h2")), wave(NOW + STEP, NOW + DAY))
    history.put("vm:cpu:ratio", dict(labels("stops")), wave(BEGIN, NOW))
    history.put("vm:cpu:ratio", dict(labels("stops")), wave(NOW + 6 * HOUR, NOW + DAY))
    history.put("vm:cpu:ratio", dict(labels("comes")), wave(NOW + HOUR, NOW + DAY))
    watched = watch(history)
    for at in range(NOW, NOW + 8 * HOUR, STEP):
        watched.advance(at)
    assert watched.changes.counts == {
        "new": 1,
        "returned": 1,
        "vanished": 1,
        "renamed": 1,
        "label_drift": 0,
        "stale": 1,
    }


@pytest.mark.parametrize("late", [-STEP, 0, STEP, 6 * STEP])
def test_a_label_that_is_added_to_all_series_is_counted(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], late: int
) -> None:
    """From one step to the next, as relabelling does it; or both are there once, or neither for a while."""
    changed = NOW + HOUR
    for name in ("a", "b"):
        history.put("vm:cpu:ratio", dict(labels(name)), wave(BEGIN, changed))
        history.put(
            "vm:cpu:ratio", {**dict(labels(name)), "pod": "x"}, wave(changed + STEP + late, NOW + DAY)
        )
    history.put("vm:cpu:ratio", dict(labels("new")), wave(changed, NOW + DAY))
    watched = watch(history)
    for at in range(NOW, NOW + 4 * HOUR, STEP):
        watched.advance(at)
    counts = watched.changes.counts
    assert (counts["new"], counts["label_drift"], counts["stale"]) == (3, 2, 2)


def test_after_an_outage_longer_than_the_history_it_begins_again(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW + DAY))
    watched = watch(history)
    watched.advance(NOW)
    watched.advance(NOW + DAY)
    assert watched.steps == 2 * 48
    assert watched.states() == {labels("web"): State.READY}


def test_what_falls_below_its_lower_limit_is_exhausted(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("vm:cpu:ratio", dict(labels("web")), wave(BEGIN, NOW, 0.3))
    sides: tuple[tuple[Literal["lower", "upper"], float], ...] = (("lower", 1.0), ("upper", 0.0))
    for side, reached in sides:
        watched = watch(history, replace(CPU, limit=0.9, limit_side=side))
        watched.advance(NOW)
        outlook = batch_of(watched).outlook
        assert outlook is not None
        assert float(outlook.probability[0, 0]) == pytest.approx(reached, abs=0.01)
