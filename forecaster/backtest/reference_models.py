"""The models of statsmodels, which the extra `reference` installs. Nothing else loads it."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any

from exporter.web.extras import LEAST, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[Any]


def wanted(asked: bool | None) -> bool:
    """Whether to use it: as `asked`, else when it is there. It is not loaded for that. ValueError when it is
    asked for and missing.
    """
    there = _is_there()
    if asked and not there:
        raise ValueError(f"--reference: {missing('statsmodels')}")
    return there if asked is None else asked


def _is_there() -> bool:
    try:
        version = metadata.version("statsmodels")
    except metadata.PackageNotFoundError:
        return False
    return tuple(map(int, version.split(".")[:2])) >= LEAST["statsmodels"]


def ets_model(values: Floats, season: int, **options: Any) -> Any:
    """An ETSModel with additive errors, a damped additive trend and, where a season has several steps, an
    additive season.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415 (an extra, slow to load)

    seasonal = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    return ETSModel(values, error="add", trend="add", damped_trend=True, **seasonal, **options)


def mstl(values: Floats, periods: tuple[int, ...]) -> Any:
    """The decomposition of `values` (T,) by MSTL, each season the same from period to period."""
    from statsmodels.tsa.seasonal import MSTL  # noqa: PLC0415 (as above)

    # A constant fitted to all periods at once. A season that may change follows the noise of a few weeks.
    windows, periodic = [10 * len(values) + 1] * len(periods), {"seasonal_deg": 0}
    return MSTL(values, periods=periods, windows=windows, stl_kwargs=periodic).fit()


@contextmanager
def quiet() -> Iterator[None]:
    """Without the models' warnings: what becomes of a fit is counted instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
