"""GET /api/v1/inventory: VMs with their disks and interfaces, hosts, storage pools and networks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecaster.api.resource import ApiResource
from forecaster.api.schema import of_dataclass
from forecaster.view.inventory import Inventory

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.view import Fresh


def read(fresh: Fresh, _query: Query) -> dict[str, Any]:
    """The inventory; `at` is when it was read, Unix seconds, 0 before the first time."""
    return asdict(fresh.inventory)


RESOURCE = ApiResource(
    "/api/v1/inventory",
    "Inventory",
    "The VMs, their disks and interfaces, hosts, storage pools and networks, as the exporter describes them.",
    read,
    of_dataclass(Inventory),
)
