"""What the connections of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.web.connections import Connections
from exporter.web.limits import Limits
from exporter.web.pace import Pace
from exporter.web.turns import Turns

if TYPE_CHECKING:
    from exporter.web.gate import Gate
    from exporter.web.routing import Route, Router


@dataclass
class Site:
    """Routes, web configuration, limits, and what is in use of them."""

    router: Router
    gate: Gate
    limits: Limits = field(default_factory=Limits)
    turns: dict[Route, Turns] = field(init=False)
    connections: Connections = field(init=False)
    pace: Pace = field(default_factory=Pace)
    access_log: bool = False  # a line for each request, in place of those about refusals only
    probed: dict[Route, int] = field(default_factory=dict)  # the last status of each probe

    def __post_init__(self) -> None:
        most = self.limits.requests
        self.turns = {route: Turns(most, 2 * most, max(1, most // 2)) for route in self.router.routes}
        self.connections = Connections(self.limits)

    def has_changed(self, probe: Route, status: int) -> bool:
        """Whether a probe has another status than before; the first one is expected to be 200."""
        before, self.probed[probe] = self.probed.get(probe, 200), status
        return before != status

    @property
    def in_progress(self) -> int:
        """Requests being handled or answered."""
        return sum(map(len, self.turns.values())) + self.connections.writing
