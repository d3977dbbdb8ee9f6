"""The states of VMs and hosts."""

from __future__ import annotations

from alert_rules.alerts.libvirt import VALUES
from alert_rules.promql import scraped
from alert_rules.values import defaults, filled
from grafana.queries.selectors import HOST
from grafana.style.colors import STATES

_EXPORTERS = " ".join(filled(scraped("libvirt_up", "$jobs", "$known_for", HOST), defaults(VALUES)).split())
HOST_UP = f"min by (instance) (libvirt_up{{{HOST}}} or {_EXPORTERS})"
RUNNING = f'libvirt_domain_state{{state="running", {HOST}}}'


def state_numbers(matchers: str) -> str:
    """The state of VMs as its number (from 1) in the house style's table, by host."""
    numbered = (
        f'last_over_time(libvirt_domain_state{{state="{state}", {matchers}}}[$__rate_interval]) * {number}'
        for number, (state, _, _) in enumerate(STATES, 1)
    )
    return f"max by (instance) ({' or '.join(numbered)}) > 0"
