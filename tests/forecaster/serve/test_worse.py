"""That forecasts are worse than naive ones is said once."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from example_view import make, record
from forecaster.serve.worse import Worse

if TYPE_CHECKING:
    import pytest


def test_it_is_said_once_until_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    worse, says = make(), Worse()
    each = worse.resources[0]
    better = replace(each.judged.record, error=record().error * np.float32(0.25))
    well = replace(worse, resources=(replace(each, judged=each.judged._replace(record=better)),))
    for view in (worse, worse, well, well, worse):
        says.say(view)
    assert [line.getMessage() for line in caplog.records] == [
        "forecasts are worse than naive ones",
        "forecasts are no longer worse than naive ones",
        "forecasts are worse than naive ones",
    ]
    assert vars(caplog.records[0])["resource"] == "vm_cpu"
    assert vars(caplog.records[0])["why"].startswith("its forecasts for 24h err 1.8 times")


def test_nothing_is_said_of_a_resource_that_is_forecast_no_more(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    worse, says = make(), Worse()
    says.say(worse)
    says.say(replace(worse, resources=()))
    assert [line.levelname for line in caplog.records] == ["WARNING"]
