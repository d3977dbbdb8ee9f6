"""Annotations: what is marked on the graphs of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery

from grafana.queries import forecasts
from grafana.queries.firing import WHAT, with_what
from grafana.queries.selectors import HOST, THIS_VM
from grafana.style.colors import ACTUAL, ANOMALY, BAD, PREDICTED
from grafana.variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def alerts(
    name: str,
    color: str,
    matchers: str,
    every: str,
    *,
    enabled: bool = True,
    each: Sequence[str] | None = None,
) -> AnnotationQuery:
    """Spans while alerts that match were firing, read once in the duration `every` or at the page's step. One
    span for all of a name, since twenty on one another hide a graph; with `each`, one for each alert, where
    `each` are the labels that tell parts of users' own resources apart.
    """
    series = f'ALERTS{{alertstate="firing", {matchers}}}'
    firing = f"last_over_time({series}[$__interval])"
    about = "{{severity}}, {{kind}}"
    if each is not None:
        firing = with_what(firing, each)
        about += f": {{{{instance}}}} {{{{domain}}}} {{{{{WHAT}}}}}"
    else:
        firing = f"max by (alertname, severity, kind) ({firing})"
    return (
        AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(enabled)
        .icon_color(color)
        .expr(firing)
        .step(every)
        .title_format("{{alertname}}")
        .text_format(about)
        .tag_keys("severity,kind")
    )


def critical(every: str) -> AnnotationQuery:
    return alerts("Critical alerts", BAD, f'severity="critical", {HOST}', every)


def predicted(
    matchers: str, every: str, *, enabled: bool = True, each: Sequence[str] | None = None
) -> AnnotationQuery:
    chosen = f'kind="predicted", {matchers}'
    return alerts("Predicted alerts", PREDICTED, chosen, every, enabled=enabled, each=each)


def migrations(every: str) -> AnnotationQuery:
    """The moments at which live migrations of the page's VM ended."""
    ended = f"max by (domain, result) (libvirt_domain_last_migration_timestamp_seconds{{{THIS_VM}}})"
    mark = _moments("Migrations", ACTUAL, ended, every).hide(True)
    return mark.title_format("Live migration").text_format("{{result}}")


def migrations_of_all(every: str) -> AnnotationQuery:
    """The moments at which live migrations ended on the hosts that the VMs left."""
    left = f'libvirt_domain_last_migration_timestamp_seconds{{direction="outgoing", {HOST}}}'
    ended = f"max by (domain, instance, result) ({left})"
    mark = _moments("Migrations", ACTUAL, ended, every).title_format("Live migration")
    return mark.text_format("{{domain}} from {{instance}}: {{result}}")


def anomalies(matchers: str, every: str, labels: Iterable[str], *, enabled: bool = True) -> AnnotationQuery:
    """The moments at which anomalies began, one for each of these labels; a graph of one resource has its
    anomalies as points, too.
    """
    by = ("instance", "domain", "resource", *labels)
    began = f"max by ({', '.join(by)}) ({forecasts.onset(matchers)})"
    mark = _moments("Anomalies", ANOMALY, began, every).enable(enabled).title_format("Anomaly began")
    return mark.text_format(" ".join(f"{{{{{label}}}}}" for label in by))


def _moments(name: str, color: str, when: str, every: str) -> AnnotationQuery:
    """A mark at each time that the expression `when` gives, in seconds."""
    return (
        AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(color)
        .expr(f"{when} * 1000")
        .use_value_for_time(True)
        .step(every)
    )
