"""Annotations: what is marked on the graphs of a page."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery

from grafana.queries.selectors import HOST, THIS_VM
from grafana.style.colors import ACTUAL, BAD, PREDICTED
from grafana.variables import DATASOURCE


def alerts(name: str, color: str, matchers: str, every: str, *, enabled: bool = True) -> AnnotationQuery:
    """Spans while an alert that matches was firing, read once in the duration `every`."""
    firing = f'last_over_time(ALERTS{{alertstate="firing", {matchers}}}[{every}])'  # ends at now
    return (
        AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(enabled)
        .icon_color(color)
        .expr(firing)
        .step(every)
        .title_format("{{alertname}}")
        .text_format("{{severity}}, {{kind}}: {{instance}} {{domain}} {{mountpoint}}")
        .tag_keys("severity,kind")
    )


def critical(every: str) -> AnnotationQuery:
    return alerts("Critical alerts", BAD, f'severity="critical", {HOST}', every)


def predicted(matchers: str, every: str, *, enabled: bool = True) -> AnnotationQuery:
    return alerts("Predicted alerts", PREDICTED, f'kind="predicted", {matchers}', every, enabled=enabled)


def migrations(every: str) -> AnnotationQuery:
    """The moments at which live migrations of the page's VM ended."""
    ended = f"max by (domain, result) (libvirt_domain_last_migration_timestamp_seconds{{{THIS_VM}}}) * 1000"
    return (
        AnnotationQuery()
        .name("Migrations")
        .datasource(DATASOURCE)
        .enable(True)
        .hide(True)
        .icon_color(ACTUAL)
        .expr(ended)
        .use_value_for_time(True)
        .title_format("Live migration")
        .text_format("{{result}}")
        .step(every)
    )
