"""All pages. A page is a function of the profile in a file of its own; the first one is the home page."""

from __future__ import annotations

from collections.abc import Callable

from grafana.page import Page
from grafana.pages import fleet, host, vm
from grafana.profile import Profile

MakePage = Callable[[Profile], Page]

PAGES: tuple[MakePage, ...] = (
    fleet.page,
    host.page,
    vm.page,
)
