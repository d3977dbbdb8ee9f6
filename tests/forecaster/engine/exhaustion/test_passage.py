from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from forecaster.engine.exhaustion import passage_kernel
from forecaster.engine.exhaustion.passage import hazard, passing_distance, tail_and_loss
from forecaster.engine.order_statistics import median, normal_quantile

NORMAL = NormalDist()


def test_tail_and_loss_of_the_normal_law() -> None:
    z = np.linspace(-7, 7, 141)
    tail, loss = tail_and_loss(z)
    exact = np.array([1 - NORMAL.cdf(x) for x in z])
    np.testing.assert_allclose(tail, exact, atol=1e-7)
    np.testing.assert_allclose(
        loss, [NORMAL.pdf(x) - x * q for x, q in zip(z, exact, strict=True)], atol=1e-6
    )


def test_quantiles_of_the_normal_law() -> None:
    p = np.array([1e-6, 0.01, 0.1, 0.5, 0.9, 0.999])
    exact = [NORMAL.inv_cdf(x) for x in p]
    found = np.empty(len(p))
    passage_kernel.normal_quantiles(p, found)
    np.testing.assert_allclose(found, exact, atol=5e-4)
    assert normal_quantile(0.9) == pytest.approx(1.2815516)


@pytest.mark.parametrize("rows", [1, 4, 7])
@pytest.mark.parametrize("missing", [[], [np.nan], [np.inf, np.nan]])
def test_medians_are_those_of_the_finite_values(rows: int, missing: list[float]) -> None:
    values = np.random.default_rng(rows).normal(size=(rows + len(missing), 5))
    values[: len(missing), 1:4] = np.array(missing)[:, None]
    finite = [each[np.isfinite(each)] for each in values.T]
    exact = [np.median(each) if len(each) else np.nan for each in finite]
    np.testing.assert_allclose(median(values), exact, rtol=1e-15)


def test_the_hazard_is_that_of_its_draws() -> None:
    """Against the sum over every single draw."""
    cases = [(10.0, 0.01, 2.0), (3.0, 0.0, 1.0), (5.0, -0.002, 2.0), (1.0, 0.001, 0.5), (8.0, 1e-9, 3.0)]
    distance, slope, sd = np.array(cases).T
    ends, grain = np.array([600.0, 3600.0]), 1.0
    closed = hazard(distance, slope, sd, ends, grain)
    for i, (d, b, s) in enumerate(cases):
        for row, end in enumerate(ends):
            draws = np.arange(0.5, end)
            direct = tail_and_loss((d - b * draws) / s)[0].sum()
            assert closed[row, i] == pytest.approx(direct, rel=1e-3, abs=1e-3)


def test_the_hazard_grows_with_time_only() -> None:
    rng = np.random.default_rng(0)
    distance, slope, sd = rng.normal(0, 5, 200), rng.normal(0, 1e-3, 200), rng.uniform(1e-6, 5, 200)
    values = hazard(distance, slope, sd, np.array([60.0, 900.0, 3600.0, 86400.0]), 60.0)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(values[:, slope >= 0], axis=0) >= -1e-9).all()


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_lines_pass_when_their_noise_meets_the_limit(quantile: float) -> None:
    """Against simulated first passages of rising lines."""
    rng = np.random.default_rng(1)
    slope, sd, limit = 0.01, 1.0, 20.0
    steps = np.arange(1, 4000)
    paths = slope * steps + rng.normal(0, sd, (2000, len(steps)))
    first = np.argmax(paths >= limit, axis=1) + 1
    z = passing_distance(quantile, np.array([slope]), np.array([sd]), 1.0)[0]
    assert (limit - z * sd) / slope == pytest.approx(np.quantile(first, quantile), rel=0.02)


def test_a_steep_line_passes_between_two_draws() -> None:
    z = passing_distance(0.5, np.array([10.0]), np.array([1e-3]), 60.0)
    assert np.isfinite(z).all()
    assert z[0] < 0


def test_medians_skip_what_is_missing() -> None:
    nan = np.nan
    values = np.array(
        [[1.0, nan, 5.0, nan], [9.0, nan, nan, 2.0], [2.0, nan, 1.0, nan], [nan, nan, 4.0, nan]]
    )
    np.testing.assert_array_equal(median(values), [2.0, nan, 4.0, 2.0])
