"""Annotations of an alert, and the Go templates in them that look up a further value when it fires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alert_rules.alert import Alert
    from alert_rules.values import Scalar

PERCENT = "{{ . | first | value | humanizePercentage }}"
DURATION = "{{ . | first | value | humanizeDuration }}"


def queried(query: str) -> str:
    """The template's words for the result of a PromQL query.

    The query names labels of the alert as "$instance":

    >>> queried('libvirt_up{instance="$instance"} == 0')
    'printf "libvirt_up{instance=%q} == 0" $labels.instance | query'
    """
    label = re.compile(r'"\$(\w+)"')
    text = label.sub("%q", query).replace('"', "'")
    return " ".join((f'printf "{text}"', *(f"$labels.{name}" for name in label.findall(query)), "| query"))


def where(query: str, told: str, otherwise: str = "") -> str:
    """`told` where the query has a result, which is `.` there; `otherwise` where it has none."""
    rest = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ with {queried(query)} }}}}{told}{rest}{{{{ end }}}}"


def each(query: str, told: str, otherwise: str) -> str:
    """`told` for every series of the query's result, which is `.` there; `otherwise` where there is none."""
    return f"{{{{ range {queried(query)} }}}}{told}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def annotate(alert: Alert, addresses: Mapping[str, Scalar]) -> dict[str, str]:
    """All annotations of an alert, with links to its runbook and its dashboard."""
    query = "&".join(f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in alert.dashboard.variables)
    page = f"{addresses['grafana_url']}/d/{alert.dashboard.uid}"
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{addresses['runbook_url']}/{alert.name}.md",
        "dashboard_url": f"{page}?{query}" if query else page,
    }
