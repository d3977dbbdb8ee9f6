"""The anomaly score: what it must see, what it must leave alone, and what it must survive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecaster.engine.anomaly import PRESENT, SIGNS, AnomalyScore

DEMO_START = 1_700_000_000


@dataclass(frozen=True)
class Sampling:
    """The part of the engine's settings the score reads."""

    step: int = 300
    day: int = 86400


def scores(
    values: np.ndarray,
    step: int = 300,
    day: int = 86400,
    start: int = DEMO_START,
    **dial: np.ndarray | float,
) -> np.ndarray:
    """Scores (n, t) of `values` (n, t)."""
    model = AnomalyScore.fresh(len(values), Sampling(step, day))
    expected = np.full(len(values), np.nan)
    columns = [model.observe(v, v, expected, start + i * step, **dial) for i, v in enumerate(values.T)]
    return np.stack(columns, axis=1)


def steady(n: int, steps: int, seed: int = 1) -> np.ndarray:
    """Noisy CPU ratios about 10 %."""
    return 0.1 + 0.005 * np.random.default_rng(seed).standard_normal((n, steps))


@pytest.mark.parametrize(("step", "day"), [(300, 86400), (2, 240)])
def test_a_cpu_burst_on_a_steady_series_is_anomalous_at_once(step: int, day: int) -> None:
    values = steady(20, 400)
    values[:, 300:310] += 0.7
    found = scores(values, step, day)
    assert (found[:, 300:303].max(axis=1) > 1).all()


def test_steady_noise_stays_below_the_cut() -> None:
    found = scores(steady(50, 2016))
    alarms = (found > 1).sum()
    assert alarms <= 25, "half a false alarm per series-week is the stated rate"


def test_a_missing_sample_has_no_score_and_leaves_no_trace() -> None:
    values = steady(3, 300)
    gappy = np.insert(values, 150, np.nan, axis=1)
    found = scores(gappy)
    assert np.isnan(found[:, 150]).all()
    assert np.isfinite(np.delete(found, 150, axis=1)).all()


def test_constants_score_nothing() -> None:
    values = np.array([[0.0], [1.0], [-3.0], [1e300], [1e-300]]) * np.ones(600)
    assert (scores(values) == 0).all()


def test_times_before_1970_are_times() -> None:
    """Whole weeks before it, all that takes turns does so as after it."""
    values = steady(20, 900)
    values[:, 300:310] += 0.7
    before = scores(values, start=DEMO_START - 2900 * 604_800)
    np.testing.assert_array_equal(before, scores(values))


def test_almost_constant_series_do_not_score() -> None:
    jitter = np.random.default_rng(3).integers(0, 2, (5, 2016)) * 4096.0
    assert (scores(4e9 + jitter) < 1).all()


def test_a_changed_level_becomes_normal_within_a_week() -> None:
    values = steady(10, 288 * 12)
    values[:, 288 * 4 :] += 0.5
    found = scores(values)
    assert (found[:, 288 * 4 : 288 * 4 + 3] > 1).any(axis=1).all()
    assert (found[:, 288 * 11 :] < 1).all()


def test_the_first_samples_never_alarm() -> None:
    assert (scores(np.random.default_rng(5).standard_normal((50, 12))) < 1).all()


def test_a_prefix_scores_as_the_prefix() -> None:
    values = steady(4, 500)
    values[1, 100:120] = np.nan
    values[2, 222] = 9
    np.testing.assert_array_equal(scores(values)[:, :321], scores(values[:, :321]))


def test_series_do_not_influence_each_other_and_can_leave_and_join() -> None:
    values = steady(6, 300)
    values[4, 200:] += 1
    together = scores(values)
    np.testing.assert_array_equal(together[[4, 1]], scores(values[[4, 1]]))
    whole = AnomalyScore.fresh(6, Sampling())
    for i in range(150):
        whole.observe(values[:, i], values[:, i], np.full(6, np.nan), DEMO_START + 300 * i)
    mixed = whole.take(np.array([4, 0])).join(whole.take(np.array([1])))
    for i in range(150, 300):
        found = mixed.observe(*2 * (values[[4, 0, 1], i],), np.full(3, np.nan), DEMO_START + 300 * i)
        np.testing.assert_array_equal(found, together[[4, 0, 1], i])


@pytest.mark.parametrize(("step", "day"), [(300, 86400), (420, 86400), (7200, 86400), (2, 240)])
def test_steps_that_are_read_at_once_are_scored_as_one_by_one(step: int, day: int) -> None:
    values = steady(3, 400)
    values[0, 300:310] += 0.7
    values[1, 100:120] = np.nan
    values[2, 222] = 9
    held, expected = np.minimum(values, 1), values - 0.01
    one, some = (AnomalyScore.fresh(3, Sampling(step, day)) for _ in range(2))
    dial: dict[str, np.ndarray | float] = {
        "sensitivity": np.array([1.0, 2.0, 0.5]),
        "min_deviation": 0.001,
    }
    first = 0
    for steps in np.random.default_rng(0).integers(1, 30, 400).tolist():
        its, now = slice(first, min(first + steps, values.shape[1])), DEMO_START + first * step
        found = some.read(values.T[its], held.T[its], expected.T[its], now, **dial)
        for i, score in enumerate(found, first):
            alone = one.observe(values[:, i], held[:, i], expected[:, i], DEMO_START + i * step, **dial)
            np.testing.assert_array_equal(score, alone)
        if (first := its.stop) == values.shape[1]:
            break
    mine, theirs = one.parts(), some.parts()
    for name, part in mine.items():
        np.testing.assert_array_equal(part, theirs[name], err_msg=name)


@given(
    arrays(
        np.float64,
        (2, 40),
        elements=st.one_of(
            st.floats(allow_infinity=True, allow_nan=True),
            st.sampled_from([0.0, 1e-300, 1e300, -1e300, 5e-324, np.nan]),
        ),
    ),
    st.sampled_from([(300, 86400), (2, 240), (7200, 86400), (600, 240)]),
)
@settings(max_examples=40, deadline=None)
def test_any_input_gives_finite_scores(values: np.ndarray, clock: tuple[int, int]) -> None:
    found = scores(values, *clock)
    assert np.isnan(found[~np.isfinite(values)]).all()
    assert (found[np.isfinite(values)] >= 0).all()
    assert np.isfinite(found[np.isfinite(values)]).all()


@given(st.floats(1e-200, 1e200), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_scaling_changes_nothing(factor: float, seed: int) -> None:
    values = steady(2, 200, seed)
    values[0, 150] += 1
    np.testing.assert_allclose(scores(factor * values), scores(values), rtol=1e-6, atol=1e-9)


def test_an_anomaly_is_new_once_and_goes_on_while_it_lasts() -> None:
    values = steady(20, 600)
    values[:, 400:420] += 0.7
    found = scores(values)
    assert (found[:, 400] > 1).all()
    assert (found[:, 401:410] >= PRESENT).all(), "the value stays where it jumped to"
    assert ((found[:, 400:410] > 1).sum(axis=1) <= 3).all(), "it is told again only where it grows"
    assert (found[:, 414:420] < PRESENT).all(), "an hour is long enough"
    values[:, 403:420] -= 0.7
    assert (scores(values)[:, 410:412] < PRESENT).all(), "over when the value is back"


@pytest.mark.parametrize("sensitivity", [0.85, 1.0, 1.3, 2.0])
def test_an_anomaly_goes_on_whatever_the_sensitivity(sensitivity: float) -> None:
    values = steady(5, 600)
    values[:, 400:420] += 0.7
    found = scores(values, sensitivity=np.full(5, sensitivity))
    assert (found[:, 400] > 1).all()
    assert (found[:, 401:410] >= PRESENT).all()
    np.testing.assert_allclose(found[:, 400], scores(values)[:, 400] / sensitivity)


def test_nearer_than_the_least_deviation_no_anomaly_begins() -> None:
    values = steady(4, 600)
    values[:, 400:420] += 0.2
    least = np.array([0.0, 0.15, 0.25, 0.5])
    model = AnomalyScore.fresh(4, Sampling())
    usual, found = np.full(4, 0.1), []
    for i, v in enumerate(values.T):
        expected = usual if i < 402 else np.full(4, 0.29)  # what is expected follows the values
        found.append(model.observe(v, v, expected, DEMO_START + 300 * i, min_deviation=least))
    late = np.stack(found[400:412], axis=1)
    assert (late[:2, 0] > 1).all()
    assert (late[:2, 1:] >= PRESENT).all(), "an anomaly that goes on is not cut"
    assert (late[2:] < PRESENT).all()
    assert late[3, 0] == pytest.approx((values[3, 400] - 0.1) / 0.5), "a share of what matters at most"


def test_a_silent_stir_does_not_raise_the_bar_for_what_matters() -> None:
    values = steady(3, 600)
    values[:, 390:395] += 0.4
    values[:, 400:] += 0.45
    model = AnomalyScore.fresh(3, Sampling())
    found = [
        model.observe(v, v, np.full(3, 0.1), DEMO_START + 300 * i, min_deviation=0.42)
        for i, v in enumerate(values.T)
    ]
    assert (np.array(found)[390:395] < PRESENT).all()
    assert (np.array(found)[400:410] > 1).any(axis=0).all()


def onsets(values: np.ndarray, expected: float = np.nan) -> tuple[AnomalyScore, np.ndarray, np.ndarray]:
    """The model after `values` (n, t), and of each step when the anomaly began, in steps, and its origin."""
    model = AnomalyScore.fresh(len(values), Sampling())
    began, origin = np.empty(values.shape), np.empty(values.shape)
    for i, v in enumerate(values.T):
        model.observe(v, v, np.full(len(v), expected), DEMO_START + 300 * i)
        began[:, i], origin[:, i] = (model.began - DEMO_START) / 300, model.origin
    return model, began, origin


def test_the_onset_stays_while_an_anomaly_goes_on_and_an_hour_from_its_begin() -> None:
    values = steady(4, 480)
    values[0, 400] += 0.7  # a spike
    values[1, 400:450] += 0.7  # a step
    values[2, 400:] += 0.7
    values[2, 406:] += 90  # grows
    values[3, 400:] += 0.7
    values[3, 402:404] = np.nan
    _, began, origin = onsets(values, 0.1)
    assert np.isnan(began[:, 399]).all()
    assert (began[:, 400:412] == 400).all()
    assert np.isnan(began[[0, 1, 3], 412]).all(), "an hour from its begin"
    assert (began[2, 412:418] == 400).all(), "an hour from its growth"
    np.testing.assert_allclose(origin[:, 400:412], 0.1)
    assert np.isnan(origin[np.isnan(began)]).all()


def test_a_series_that_went_away_in_an_anomaly_comes_back_without_it() -> None:
    values = steady(1, 600)
    values[:, 400:] += 0.7
    values[:, 403:500] = np.nan
    _, began, _ = onsets(values)
    assert (began[:, 400:412] == 400).all()
    assert np.isnan(began[:, 412:500]).all()


def test_a_changed_shape_starts_from_what_is_usual_at_this_hour() -> None:
    steps = np.arange(288 * 12)
    usual = 10 + 3 * np.sin(2 * np.pi * steps / 288)
    values = usual + 0.8 * np.random.default_rng(2).standard_normal((2, len(steps)))
    values[0, 288 * 10 :] -= usual[288 * 10 :] - 10  # the season is lost
    model, began, origin = onsets(values, 1e3)
    (first, *_) = np.flatnonzero(began[0] > 288 * 10)
    assert origin[0, first] == pytest.approx(usual[first], abs=0.5)
    assert model.usual == pytest.approx(usual[-1], abs=1.0), "the median keeps to the week"


def test_a_verdict_names_its_reasons() -> None:
    rng = np.random.default_rng(6)
    values = 10 + rng.standard_normal((3, 288 * 10))
    values[:, :] += 8 * np.sin(2 * np.pi * np.arange(values.shape[1]) / 288)
    values[0, 2600] += 60
    values[1, 2600:2680] = np.roll(values[1], 144)[2600:2680]
    values[2, 2600:2700] += 5 * rng.standard_normal(100)
    model = AnomalyScore.fresh(3, Sampling())
    reasons = np.zeros((4, 3))
    for i, v in enumerate(values.T):
        model.observe(v, v, np.full(3, np.nan), DEMO_START + 300 * i)
        if i == 2600:
            reasons[:, 0] = model.signs[:, 0]
        if i == 2670:
            reasons[:, 1:] = model.signs[:, 1:]
    assert SIGNS[reasons[:3, 0].argmax()] == "residual"
    assert SIGNS[reasons[1:3, 1].argmax() + 1] == "shape", "besides, the values are off"
    assert SIGNS[reasons[1:3, 2].argmax() + 1] == "roughness"
    assert (reasons[:3].max(axis=0) > 1).all()


def test_on_a_grid_coarser_than_hours_or_days_it_still_works() -> None:
    values = steady(5, 400)
    values[:, 390] += 1
    for step, day in ((7200, 86400), (100_000, 86400), (7, 240), (86400, 86400)):
        found = scores(values, step, day)
        assert (found[:, 390] > 1).all()
        weeks = 5 * 190 * step / (7 * day)
        assert (found[:, 200:390] > 1).sum() <= max(3, 1.5 * weeks)


def test_a_first_stir_of_a_constant_is_nothing_unless_it_is_large() -> None:
    values = np.full((3, 900), 4e9)
    values[0, 800:] += 4096
    values[1, 800:] += 4e6
    values[2, 800:] += 4e8
    found = scores(values)[:, 800:]
    assert (found[:2] < 1).all()
    assert found[2, 0] > 1


def test_new_series_may_lead_the_batch_they_join() -> None:
    values = steady(4, 700)
    running = AnomalyScore.fresh(2, Sampling())
    turn = 502  # the next sample opens an hour
    for i in range(turn):
        running.observe(values[2:, i], values[2:, i], np.full(2, np.nan), DEMO_START + 300 * i)
    leading = AnomalyScore.fresh(2, Sampling()).join(running)
    following = running.join(AnomalyScore.fresh(2, Sampling()))
    swap = [2, 3, 0, 1]
    for i in range(turn, 700):
        unknown, now = np.full(4, np.nan), DEMO_START + 300 * i
        first = leading.observe(values[:, i], values[:, i], unknown, now)
        last = following.observe(values[swap, i], values[swap, i], unknown, now)
        np.testing.assert_array_equal(first[swap], last)
    led, followed = leading.take(np.array(swap)).parts(), following.parts()
    for name, part in led.items():
        np.testing.assert_array_equal(part, followed[name], name)


@pytest.mark.parametrize("begin", [500, 1300])
def test_a_weekly_job_is_unusual_once_and_then_a_habit(begin: int) -> None:
    values = steady(4, 5 * 2016, seed=9)
    for week in range(5):
        values[:, week * 2016 + begin : week * 2016 + begin + 30] += 0.4
    alarms = scores(values) > 1
    by_week = [alarms[:, w * 2016 + begin - 10 : w * 2016 + begin + 60].any(axis=1).mean() for w in range(5)]
    assert by_week[0] == 1
    assert max(by_week[1:]) == 0
    values[:, 4 * 2016 + begin : 4 * 2016 + begin + 30] += 2.0
    assert (scores(values)[:, 4 * 2016 + begin] > 1).all(), "habit does not hide what is much larger"


def test_while_an_anomaly_lasts_the_score_tells_how_far_off_the_series_is() -> None:
    values = steady(10, 288 * 5)
    values[:, 288 * 4 :] += 0.1
    found = scores(values)
    usual, later = found[:, 288 * 3 : 288 * 4], found[:, 288 * 4 + 24 : 288 * 4 + 72]
    assert np.median(usual) < 0.3
    assert (later > 0.6).all()
    assert (later < PRESENT).all()


def test_what_comes_again_within_days_is_found_as_the_first_time() -> None:
    values = 10 + np.random.default_rng(8).standard_normal((10, 2 * 2016))
    begins = [2100, 2250, 2700, 3300, 3400]
    for begin in begins:
        values[:, begin : begin + 6] += 9
    alarms = scores(values, step=60) > 1
    found = [alarms[:, begin : begin + 6].any(axis=1).mean() for begin in begins]
    assert min(found) >= 0.9, "one incident does not hide the next"


def test_a_score_is_higher_the_less_likely_the_value_is() -> None:
    values = 10 + np.random.default_rng(9).standard_normal((1, 3000))
    told = []
    for size in (0.0, 2.0, 4.0, 8.0):
        given = values.copy()
        given[:, -1] = 10 + size
        told.append(float(scores(given)[0, -1]))
    assert told == sorted(told)
    assert told[0] < 0.5
    assert told[-1] > 1


@pytest.mark.parametrize("step", [1, 10, 60, 300, 3600])
def test_noise_keeps_to_the_stated_rate_of_alarms_at_every_step(step: int) -> None:
    values = np.random.default_rng(10).standard_normal((20, 4000))
    alarms = (scores(values, step) > 1)[:, 1000:]
    weeks = alarms.size * step / 604_800
    assert alarms.sum() <= max(3, 0.4 * weeks), "0.4 a series-week, some in a million samples at short steps"


def test_a_wild_sample_is_forgotten() -> None:
    values = steady(5, 288 * 8)
    values[:, 288 * 7 : 288 * 7 + 36] += 0.06
    wild = values.copy()
    wild[:, 288 * 5] = 1e6
    held = np.where(wild > 1, 0.2, wild)
    found = []
    for raw, learnt in ((values, values), (wild, held)):
        model = AnomalyScore.fresh(5, Sampling())
        unknown = np.full(5, np.nan)
        columns = zip(raw.T, learnt.T, strict=True)
        said = [model.observe(v, h, unknown, DEMO_START + 300 * i) for i, (v, h) in enumerate(columns)]
        found.append((np.array(said)[288 * 7 : 288 * 7 + 36] > 1).any(axis=0))
    assert found[0].all()
    assert found[1].all()
