"""The page of service levels: whether VMs run and disks are fast as often as was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, Section
from grafana.queries.selectors import HOST
from grafana.style.colors import BAD
from grafana.subjects import service_level as level

if TYPE_CHECKING:
    from alert_rules.alerts.service_level import Objective
    from grafana.profile import Profile


def page(profile: Profile) -> Page:
    return Page(
        "service-levels",
        "Service levels",
        "Whether VMs run and disks are fast as often as was promised, and how fast budgets are spent.",
        Entry("Service levels", "Availability of VMs and speed of disks: budgets and burn rates"),
        variables=(
            *variables.scope(),
            variables.horizon(profile, hidden=True),
            variables.kept(),
            level.critical(),
        ),
        marks=(marks.alerts("Burn alerts", BAD, f'alertname=~".*Burn.*", {HOST}', profile.mark),),
        sections=(
            Section("VMs run", 10, _objective(level.AVAILABLE, 11)),
            Section("Disks are fast", 20, _objective(level.FAST, 21)),
            Section("What the forecaster counted", 30, [Band(8, [Placed(31, level.missed())])]),
        ),
    )


def _objective(objective: Objective, first: int) -> list[Band]:
    """Four panels, with the ids from `first` on."""
    figures = (
        Placed(first, level.share(objective)),
        Placed(first + 1, level.overdrawn(objective)),
        Placed(first + 2, level.burn(objective), 16),
    )
    return [Band(6, figures), Band(9, [Placed(first + 3, level.budgets(objective))])]
