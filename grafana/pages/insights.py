"""The page of patterns: which VMs deviated when, together with which others, and what was usual then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.queries.selectors import HOST, JUDGED
from grafana.resources import owned, parts, whole
from grafana.subjects import deviation, patterns

if TYPE_CHECKING:
    from grafana.profile import Profile

USE = RowIds("use", {"vm_cpu": 31, "vm_memory": 32})
PAST = RowIds("past", {"vm_cpu": 41, "vm_memory": 42})


def page(profile: Profile) -> Page:
    own = whole(owned(profile.resources, "vm"))
    use = [Placed(USE.of(each.name), patterns.use(each)) for each in own]
    past = [Placed(PAST.of(each.name), patterns.beside_the_past(each)) for each in own]
    return Page(
        "insights",
        "Insights",
        "Patterns over many VMs: which deviated when and together, what they used, what was usual then.",
        Entry("Insights", "Anomalies and use of many VMs over time, beside yesterday and last week"),
        variables=(
            *variables.scope(),
            variables.resources(),
            variables.horizon(profile, hidden=True),
            variables.mean(),
            variables.peak(unless="resource"),
            variables.lasting(),
            variables.anomalous(),
            variables.unrecorded(),
            variables.scores(),
            variables.halves(),
        ),
        marks=(
            marks.critical(profile.mark),
            marks.predicted(HOST, profile.mark, enabled=False),
            marks.anomalies(JUDGED, profile.mark, parts(profile.resources), enabled=False),
        ),
        sections=(
            Section("", 0, _anomalies(profile)),
            Section("Use over time", 30, flow(12, use, most=2)),
            Section("Beside yesterday and last week", 40, flow(8, past, most=2)),
        ),
    )


def _anomalies(profile: Profile) -> list[Band]:
    over_time = (Placed(1, patterns.anomalies(profile)), Placed(2, patterns.scores()))
    now = (Placed(3, deviation.first_by_host(profile), 9), Placed(4, deviation.of_the_fleet(profile)))
    return [Band(12, over_time), Band(9, now), Band(4, [Placed(5, patterns.kinds())])]
