"""The page of one host: its CPU, memory and storage pools, what deviates on it, and its VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries import forecasts, states
from grafana.queries.selectors import FIRING, HOST, OF_HOSTS, OF_VMS
from grafana.resources import in_parts, owned, series, steps, unit, whole
from grafana.style import fields
from grafana.style.mappings import up_or_down
from grafana.style.thresholds import ANOMALY, ANY_IS_BAD, PROBABILITY, UP
from grafana.subjects import columns, deviation, storage
from grafana.subjects.forecast import forecast
from grafana.variables import Variable

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

NOW = RowIds("now", {"host_cpu": 3, "host_memory": 4})
FORECAST = RowIds("forecast", {"host_cpu": 21, "host_memory": 22, "pool": 23})


def page(profile: Profile) -> Page:
    return Page(
        "host",
        "Host",
        "One host: its CPU, memory and storage pools, what deviates on it, and its VMs.",
        Entry("One host", "Use, storage pools and VMs of one host, and what deviates on it"),
        variables=(
            Variable("instance", "Host", "label_values(libvirt_up, instance)", "The host."),
            variables.horizon(profile),
            variables.ahead(profile),
            *variables.parts(owned(profile.resources, "host"), HOST),
        ),
        marks=(marks.critical(profile.mark),),
        sections=_sections(profile),
        forecasts=True,
    )


def _sections(profile: Profile) -> list[Section]:
    own = owned(profile.resources, "host")
    head = [
        Placed(1, _libvirt()),
        Placed(2, _running()),
        *(Placed(NOW.of(each.name), _now(each)) for each in whole(own)),
        Placed(5, _chance()),
        Placed(6, _alerts()),
    ]
    pools = (Placed(12, storage.pools(profile), 14), Placed(13, storage.history(profile)))
    use = [Placed(FORECAST.of(each.name), forecast(each, HOST)) for each in whole(own)]
    parts = [Placed(FORECAST.of(each.name), _parts(each)) for each in in_parts(own)]
    overview = [
        *flow(4, head, most=8),
        Band(9, [Placed(11, deviation.of_one_host(profile, HOST))]),
        Band(8, pools),
    ]
    return [
        Section("", 0, overview),
        Section("Use, normal range and forecast", 20, [*flow(9, use, most=2), *flow(8, parts, most=1)]),
        Section("VMs", 30, [Band(10, [Placed(31, _vms(profile))])]),
    ]


def _libvirt() -> stat.Panel:
    card = Card("libvirt", "none", "Whether libvirt on the host answers the exporter.", "unknown")
    return figures(card, Query(f"min(libvirt_up{{{HOST}}})"), steps=UP).mappings([up_or_down()])


def _running() -> stat.Panel:
    card = Card("Running VMs", "none", "The number of VMs that run on the host now.", "unknown")
    return figures(card, Query(f"sum({states.RUNNING})"))


def _now(resource: Resource) -> stat.Panel:
    card = Card(resource.title, unit(resource), f"Now. {resource.display.about}".strip(), "unknown")
    panel = figures(card, Query(f"max({series(resource, HOST)})"), steps=steps(resource))
    return panel.decimals(0) if resource.shares else panel


def _chance() -> stat.Panel:
    card = Card(
        "Within $horizon",
        "percentunit",
        "The highest probability that a resource of the host, such as CPU, memory or a storage pool, "
        "reaches its limit within the chosen horizon.",
        "no forecast",
    )
    chance = forecasts.probability(f"{OF_HOSTS}, {HOST}")
    return figures(card, Query(f"max({chance})"), steps=PROBABILITY).decimals(0)


def _alerts() -> stat.Panel:
    card = Card("Alerts", "none", "The number of alerts on the host and its VMs that fire now.")
    return figures(card, Query(f"count(ALERTS{{{FIRING}}}) or vector(0)"), steps=ANY_IS_BAD)


def _parts(resource: Resource) -> timeseries.Panel:
    """All parts side by side."""
    return forecast(resource, HOST).repeat_direction("h").max_per_row(2)


def _vms(profile: Profile) -> table.Panel:
    card = Card(
        "VMs on this host",
        "none",
        "Each VM: what it uses, its CPU steal, the highest probability that one of its resources reaches "
        "its limit within the chosen horizon, and its highest anomaly score. Shows which VM takes what the "
        "others miss.",
        "No VM runs on this host",
    )
    resources = whole(owned(profile.resources, "vm"))
    mine = f"{OF_VMS}, {HOST}"
    asked = {
        **{columns.value_of(each): series(each, HOST) for each in resources},
        "steal": f"vm:cpu_steal:ratio{{{HOST}}}",
        "probability": forecasts.probability(mine),
        "score": forecasts.score(mine),
    }
    shown = (
        columns.VM,
        *map(columns.of, resources),
        Column("steal", "CPU steal", {**fields.unit("percentunit", 1), **fields.width(100)}),
        Column("probability", "Runs out in $horizon", fields.CHANCE),
        Column("score", "Anomaly score", {"decimals": 1, **fields.colored_cell(ANOMALY)}),
    )
    queries = {name: f"max by (instance, domain) ({expr})" for name, expr in asked.items()}
    first = next(iter(queries))
    return listing(card, Table(("instance", "domain"), queries, shown, sort=first, empty="domain"))
