"""A connection to libvirt's test driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import libvirt
import pytest


@pytest.fixture
def connection() -> Any:
    """A connection of its own to libvirt's test driver, which has one pool and one network."""
    return libvirt.open(f"test://{Path(__file__).parent / 'host.xml'}")
