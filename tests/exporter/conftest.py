"""The snapshot in which every value is different."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from example_host import example_host

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot


@pytest.fixture
def snapshot() -> Snapshot:
    """One domain that has everything, and one that is off."""
    return example_host()
