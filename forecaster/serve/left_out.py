"""What a resource's figures lack, and one line in the log each time that begins or ends."""

from __future__ import annotations

import logging

LOG = logging.getLogger(__name__)


class LeftOut:
    """Series that are left out, by reason, and whether the last answers were partial."""

    def __init__(self, resource: str) -> None:
        self._resource = resource
        self.counts = {
            "duplicate": 0,  # the labels of another series
            "no_numbers": 0,  # such as native histograms, or no series at all
            "max_series": 0,
            "max_series_per_vm": 0,
        }
        self.partial = False
        self.partial_answers = 0  # so far

    def count(self, **numbers: int) -> None:
        """What is left out by these reasons now."""
        for reason, number in numbers.items():
            before, self.counts[reason] = self.counts[reason], number
            what = {"resource": self._resource, "reason": reason, "series": number}
            if number and not before:
                LOG.warning("series are left out", extra=what)
            elif before and not number:
                LOG.info("no series are left out any more", extra=what)

    def answered(self, partial: int) -> None:
        """So many of the answers of a cycle were partial."""
        self.partial_answers += partial
        before, self.partial = self.partial, partial > 0
        if self.partial and not before:
            LOG.warning("answers are partial: series may be missing", extra={"resource": self._resource})
        elif before and not self.partial:
            LOG.info("answers are whole again", extra={"resource": self._resource})
