"""What is said while only the recent past is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from example_view import make, rows_of
from forecaster.engine.anomaly import PRESENT
from forecaster.series.state import State
from forecaster.serve.provisional import WIDER, learning, widened

if TYPE_CHECKING:
    from forecaster.series.labels import Labels


def test_bands_and_quantiles_are_wider_and_their_middle_stays() -> None:
    rows = rows_of(make())
    wide, narrow = widened(rows).outlook, rows.outlook
    np.testing.assert_array_equal(wide.expected, narrow.expected)
    np.testing.assert_allclose(wide.upper - wide.expected, WIDER * (narrow.upper - narrow.expected))
    np.testing.assert_allclose(wide.expected - wide.lower, WIDER * (narrow.expected - narrow.lower))
    np.testing.assert_array_equal(wide.forecast[:, 1], narrow.forecast[:, 1])
    np.testing.assert_allclose(np.ptp(wide.forecast, axis=1), WIDER * np.ptp(narrow.forecast, axis=1))
    np.testing.assert_array_equal(wide.probability, narrow.probability)


def test_forecasts_keep_to_what_values_can_be() -> None:
    rows = rows_of(make())
    within = widened(replace(rows, resource=replace(rows.resource, lowest=0.02, highest=0.03)))
    assert within.outlook.forecast.min() == 0.02
    assert within.outlook.forecast.max() == 0.03


@pytest.mark.parametrize(("value", "score"), [(0.59, 0.99 * PRESENT), (0.61, 1.5), (np.nan, 1.5)])
def test_only_what_is_outside_of_the_wider_band_is_an_anomaly(value: float, score: float) -> None:
    rows = rows_of(make())
    lower, expected, upper = (np.full(2, each) for each in (0.2, 0.3, 0.5))
    outlook = replace(rows.outlook, lower=lower, expected=expected, upper=upper)
    given = replace(rows, values=np.array([value, 0.3]), outlook=outlook)
    np.testing.assert_array_equal(widened(given).outlook.anomaly_score, [score, 0.25])


def test_what_is_ready_is_learning() -> None:
    states: dict[Labels, State] = {(("domain", state.value),): state for state in State}
    assert set(learning(states).values()) == set(State) - {State.READY}
