"""Mistakes of the program beside the forecasts, which must not end them."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecaster.serve.clients import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = logging.getLogger(__name__)


@contextmanager
def survived(what: str) -> Iterator[None]:
    """Whatever is raised within is logged with a traceback, and what follows goes on; a stop passes."""
    try:
        yield
    except StoppedError:
        raise
    except Exception:
        LOG.exception("%s failed: this is a mistake in the program", what)
