"""What is wrong with single series, each with how urgent it is: what issues are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.confidence import MEASURED, of_anomaly, of_exhaustion
from forecaster.advice.exhaustion import ending, is_far, time_left
from forecaster.advice.explanation import sentence
from forecaster.advice.wording import amount
from forecaster.config.resources import RESOURCES
from forecaster.engine.anomaly import PRESENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory
    from forecaster.view.rows import Rows

KINDS = STOPPED, REACHED, SOON, NEIGHBOUR, UNUSUAL, LATER = (
    "stopped",
    "exhausted",
    "exhaustion_soon",
    "neighbour",
    "anomaly",
    "exhaustion_later",
)
"""Of issues, the most urgent first of those that are as severe."""
SEVERITIES = {
    STOPPED: "critical",
    REACHED: "critical",
    SOON: "warning",
    NEIGHBOUR: "warning",
    UNUSUAL: "info",
    LATER: "info",
}
"""In the words of alerts."""
LESS = {"vm_disk_allocation": "info", "vm_cpu": "warning", "host_cpu": "warning"}
"""Never more than that: a full image was allocated whole, a busy CPU may do its work."""
GRAVEST = ("critical", "warning", "info")
FELT = {each.name: place for place, each in enumerate(RESOURCES)}
"""Of two that are as urgent, what the guest feels comes first: a full file system before its full image."""
DAY = 86_400  # seconds: soon


class Urgency(NamedTuple):
    """How severe it is, in the words of alerts, and its kind."""

    severity: str
    kind: str

    @classmethod
    def of(cls, kind: str, resource: str = "") -> Urgency:
        """That of a kind; of a resource where it is a series of one."""
        usual = SEVERITIES[kind]
        return cls(max(usual, LESS.get(resource, usual), key=GRAVEST.index), kind)

    @property
    def rank(self) -> tuple[int, int]:
        """The most urgent first."""
        return GRAVEST.index(self.severity), KINDS.index(self.kind)


class Sign(NamedTuple):
    """What is wrong with one series: the kind, what it is sorted by within that, and the row."""

    kind: str
    order: float
    rows: Rows
    row: int

    @property
    def rank(self) -> tuple[tuple[int, int], float, int, str, Labels]:
        """The most urgent first."""
        name = self.rows.resource.name
        return self.urgency.rank, self.order, FELT.get(name, len(FELT)), name, self.rows.labels[self.row]

    @property
    def urgency(self) -> Urgency:
        """How severe it is, and its kind."""
        return Urgency.of(self.kind, self.rows.resource.name)

    @property
    def seconds(self) -> float:
        """Until the limit is reached; inf = that is not in sight."""
        return float(self.rows.outlook.exhaustion_seconds[self.row])

    @property
    def far(self) -> bool:
        """Whether its time is where the trend leads, beyond all probabilities."""
        return is_far(self.seconds, self.rows.resource)

    @property
    def onset(self) -> float:
        """When it began to be unusual, Unix seconds; NaN where it is not."""
        return float(self.rows.outlook.reasons.onset[self.row])

    @property
    def confidence(self) -> float:
        """How sure it is, from 0 to 1; NaN where that is not known."""
        if self.kind == REACHED:
            return MEASURED
        return of_anomaly(self.rows, self.row) if self.kind == UNUSUAL else of_exhaustion(self.rows, self.row)

    def text(self) -> str:
        """The reason in words."""
        resource, bounds = self.rows.resource, self.rows.bounds[self.row]
        if self.kind == UNUSUAL:
            return sentence(self.rows.figures(self.row))
        limit = f"the limit of {amount(bounds.limit, resource.unit)}"
        now = amount(float(self.rows.values[self.row]), resource.unit)
        if self.kind == REACHED:
            return f"{now}, at {limit}"
        chance = 100 * float(self.rows.outlook.probability[-1, self.row])
        within = f"within {resource.horizons[-1].label}, probability {chance:.0f} %"
        if self.far:
            return f"now {now}; reaches {limit} {time_left(self.seconds, resource)}; {within}"
        if np.isfinite(self.seconds):
            return f"now {now}; reaches {limit} {time_left(self.seconds, resource)}"
        return f"now {now}; reaches {limit} {within}"


def signs(rows: Rows, inventory: Inventory) -> Iterator[Sign]:
    """What is wrong with each series of a resource; two signs where a limit is in sight and it is unusual."""
    seconds, chance = rows.outlook.exhaustion_seconds, rows.outlook.probability[-1]
    for row in ending(rows, inventory):
        left = float(seconds[row])
        kind = REACHED if left <= 0 else SOON if left <= DAY else LATER
        yield Sign(kind, left if np.isfinite(left) else 1e18 * (2 - chance[row]), rows, row)
    score = rows.score
    for row in map(int, np.flatnonzero(score >= PRESENT)):
        yield Sign(UNUSUAL, -float(score[row]), rows, row)
