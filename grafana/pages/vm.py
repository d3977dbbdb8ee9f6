"""The page of one VM: what it uses, what was normal, what comes, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode

from grafana import marks, variables
from grafana.links import Link
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.timeline import timeline
from grafana.queries import forecasts
from grafana.queries.selectors import THIS_VM
from grafana.queries.states import state_numbers
from grafana.resources import owned, parts
from grafana.style import colors, fields
from grafana.style.mappings import states_by_number
from grafana.style.thresholds import ABOVE_ONE, ANOMALY, ANY_IS_BAD, PROBABILITY, TIME_LEFT, thresholds
from grafana.subjects import activity, deviation, migration, outlook
from grafana.subjects.forecast import forecast
from grafana.variables import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders import stat, timeseries
    from grafana_foundation_sdk.builders.dashboard import AnnotationQuery

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

FORECAST = RowIds("forecast", {"vm_cpu": 21, "vm_memory": 22, "vm_filesystem": 23, "vm_disk_allocation": 24})
HOSTS = "label_values(libvirt_domain_state, instance)"
NAMES = 'label_values(libvirt_domain_state{instance=~"$instance"}, domain)'


def page(profile: Profile) -> Page:
    own = owned(profile.resources, "vm")
    return Page(
        "vm",
        "VM",
        "One VM: what it uses, what is normal for it, what is forecast, and what it does.",
        Entry("One VM", "Use, normal range and forecast of one VM"),
        variables=(
            Variable("instance", "Host", HOSTS, '"All" follows a VM across hosts.', every=".*"),
            Variable("domain", "VM", NAMES, "The VM, by libvirt's name."),
            variables.horizon(profile),
            variables.ahead(profile),
            *variables.parts(own, THIS_VM),
        ),
        links=_links(),
        marks=_marks(profile.mark),
        sections=_sections(profile, own),
        forecasts=True,
    )


def _links() -> tuple[Link, ...]:
    here = {"horizon": "${horizon}", "instance": "${instance}"}
    everywhere = {"instance": "$__all", "domain": "${domain}"}
    return (
        Link("Its host", "What deviates on the host, its storage pools and its other VMs", "host", here),
        Link("Follow across hosts", "This VM on every host it was on", "vm", everywhere),
    )


def _marks(every: str) -> tuple[AnnotationQuery, ...]:
    return (
        marks.alerts("Actual alerts", colors.BAD, f'kind="actual", {THIS_VM}', every),
        marks.predicted(THIS_VM, every),
        marks.migrations(every),
    )


def _sections(profile: Profile, own: Sequence[Resource]) -> list[Section]:
    head = (
        Placed(1, _state()),
        Placed(2, _size()),
        Placed(4, _next(own)),
        Placed(5, _chance()),
        Placed(6, _score()),
        Placed(7, _alerts()),
    )
    to_come = (Placed(11, outlook.of_one_vm(profile, THIS_VM), 16), Placed(12, _chances()))
    unusual = (Placed(14, deviation.of_one_vm(profile, THIS_VM), 16), Placed(13, _scores(own)))
    use = [Placed(FORECAST.of(each.name), forecast(each)) for each in own]
    traffic = (
        Placed(31, activity.network()),
        Placed(32, activity.disk_bytes()),
        Placed(33, activity.starved()),
    )
    disks = (
        Placed(34, activity.disk_requests()),
        Placed(35, activity.disk_latency()),
        Placed(36, activity.memory()),
    )
    life = (
        Placed(41, activity.life()),
        Placed(42, migration.progress(THIS_VM)),
        Placed(43, migration.last(THIS_VM)),
    )
    return [
        Section("", 0, [Band(4, head), Band(8, to_come), Band(7, unusual)]),
        Section("Use, normal range and forecast", 20, flow(9, use, most=2)),
        Section("Network, disks, CPU and memory in detail", 30, [Band(8, traffic), Band(8, disks)]),
        Section("Life and live migration", 40, [Band(7, life)]),
    ]


def _state() -> stat.Panel:
    card = Card(
        "State",
        "none",
        "The state of the VM in libvirt now, by host. Two hosts have one while it moves, or where both have "
        "a VM of this name.",
        "unknown",
    )
    panel = figures(card, Query(state_numbers(THIS_VM), "{{instance}}"), many=True)
    return panel.mappings([states_by_number()])


def _size() -> stat.Panel:
    card = Card("Size", "none", "The virtual CPUs of the VM, and the most memory it can be given.", "unknown")
    cpus = Query(f"max(libvirt_domain_info_virtual_cpus{{{THIS_VM}}})", "vCPUs")
    most = Query(f"max(libvirt_domain_info_maximum_memory_bytes{{{THIS_VM}}})", "Memory")
    return figures(card, cpus, most, styles={"Memory": fields.unit("bytes")})


def _next(own: Sequence[Resource]) -> stat.Panel:
    card = Card(
        "Runs out",
        "s",
        "The resource that reaches its limit first, and the time left, by the median of the forecast.",
        "nothing in sight",
    )
    labels = parts(own)
    when = f"min by ({', '.join(('resource', *labels))}) ({forecasts.reached(THIS_VM)})"
    first = f"bottomk(1, {forecasts.time_left(when)})"
    for resource in own:
        first = f'label_replace({first}, "resource", "{resource.title}", "resource", "{resource.name}")'
    legend = "{{resource}} " + "".join(f"{{{{{label}}}}}" for label in labels)
    return figures(card, Query(first, legend), steps=TIME_LEFT, many=True).decimals(1)


def _chance() -> stat.Panel:
    card = Card(
        "Within $horizon",
        "percentunit",
        "The highest probability that a resource of the VM reaches its limit within the chosen horizon.",
        "no forecast",
    )
    highest = Query(f"max({forecasts.probability(THIS_VM)})")
    return figures(card, highest, steps=PROBABILITY).decimals(0)


def _score() -> stat.Panel:
    card = Card(
        "Anomaly",
        "none",
        "The highest anomaly score of the VM's resources. From 1 on, a resource behaves unlike its own past.",
        "no score",
    )
    return figures(card, Query(f"max({forecasts.score(THIS_VM)})"), steps=ANOMALY).decimals(1)


def _alerts() -> stat.Panel:
    card = Card(
        "Alerts",
        "none",
        "The number of alerts on this VM that fire now. The marks on the graphs show since when.",
    )
    count = Query(f'count(ALERTS{{alertstate="firing", {THIS_VM}}}) or vector(0)')
    return figures(card, count, steps=ANY_IS_BAD)


def _chances() -> timeseries.Panel:
    card = Card(
        "Probability",
        "percentunit",
        "The highest probability that a resource of the VM reaches its limit, by horizon. A sudden rise "
        "shows that a trend has begun.",
        "No forecast yet: the forecaster learns a new VM first",
    )
    every = forecasts.newest(forecasts.every_probability(THIS_VM))
    return timeline(card, Query(f"max by (horizon) ({every})", "{{horizon}}")).min(0).max(1)


def _scores(own: Sequence[Resource]) -> timeseries.Panel:
    card = Card(
        "Anomaly score",
        "none",
        "How unlike its own past each resource behaves: 0 is as expected; from 1 on, above the line, it is "
        "anomalous. Higher scores than 3 are drawn at 3.",
        "No score yet: the forecaster learns a new VM first",
    )
    score = f"max by (resource) ({forecasts.newest(forecasts.score(THIS_VM))})"
    palette = colors.told_apart(each.name for each in own)
    named = {each.name: {"displayName": each.title, **fields.fixed(palette[each.name])} for each in own}
    line = GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    panel = timeline(card, Query(f"clamp_max({score}, 3)", "{{resource}}"), styles=named)
    return panel.axis_soft_max(1.5).thresholds(thresholds(ABOVE_ONE)).thresholds_style(line)
