"""A document on a fleet of 60 VMs of several owners, with a past of two weeks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

import fleet_view
from forecaster.report.document import document

if TYPE_CHECKING:
    from forecaster.report.document import Document
    from forecaster.view.view import View

HOURS = fleet_view.PAST_DAYS * 24


@pytest.fixture(scope="session")
def view() -> View:
    return fleet_view.fleet(60)


@pytest.fixture(scope="session")
def made(view: View) -> Document:
    return document(view.fresh(fleet_view.NOW, math.inf), HOURS)
