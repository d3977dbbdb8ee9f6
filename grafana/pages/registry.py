"""All pages. A page is a function of the profile in a file of its own; the first one is the home page."""

from __future__ import annotations

from collections.abc import Callable

from grafana.page import Page
from grafana.pages import (
    capacity,
    fleet,
    host,
    insights,
    migrations,
    monitoring,
    network,
    service_levels,
    storage,
    vm,
)
from grafana.profile import Profile

MakePage = Callable[[Profile], Page]

PAGES: tuple[MakePage, ...] = (
    fleet.page,
    host.page,
    vm.page,
    insights.page,
    capacity.page,
    migrations.page,
    network.page,
    storage.page,
    service_levels.page,
    monitoring.page,
)
