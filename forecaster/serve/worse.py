"""Says once that the forecasts of a resource are worse than naive ones, and once that they no longer are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.view.view import View

LOG = logging.getLogger(__name__)


class Worse:
    """The resources of which it was said."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, view: View) -> None:
        """Say what has changed with this view."""
        now = {each.resource.name: each.worse for each in view.resources if each.worse}
        for name in sorted(now.keys() - self._said):
            LOG.warning("forecasts are worse than naive ones", extra={"resource": name, "why": now[name]})
        watched = {each.resource.name for each in view.resources}
        for name in sorted((self._said & watched) - now.keys()):
            LOG.info("forecasts are no longer worse than naive ones", extra={"resource": name})
        self._said = set(now)
