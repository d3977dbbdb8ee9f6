"""The states of VMs and hosts."""

from __future__ import annotations

from alert_rules.alerts.libvirt import VALUES
from alert_rules.promql import scraped
from alert_rules.values import defaults, filled
from grafana.queries.selectors import HOST
from grafana.style.colors import STATES

_EXPORTERS = " ".join(filled(scraped("libvirt_up", "$jobs", "$known_for", HOST), defaults(VALUES)).split())
HOST_UP = f"min by (instance) (libvirt_up{{{HOST}}} or {_EXPORTERS})"
# Of what others tell, there is no more than that they do; CPUs of node_exporter alone are no host of VMs, and
# where VMs of clouds are is no host.
CLOUDS = "aws|azure|gcp"
_LOADS = f'vm:cpu_utilization:ratio{{provider!~"{CLOUDS}", {HOST}}}'
_TOLD_OF = f'{_LOADS} or host:cpu_utilization:ratio{{provider!="node", {HOST}}}'
KNOWN_HOSTS = f"({HOST_UP} or group by (instance) ({_TOLD_OF}))"  # 1 is up
RUNNING = f'libvirt_domain_state{{state="running", {HOST}}}'


def running_elsewhere(matchers: str) -> str:
    """The VMs of hosts without our exporter that run: they have a load.

    Until the next evaluation of the rules, a VM of libvirt has one on the host that it has just left.
    """
    load = f'vm:cpu_utilization:ratio{{provider!="libvirt", {matchers}}}'
    known = f'on (instance, domain) libvirt_domain_state{{state="running", {matchers}}}'
    return f"group by (instance, domain) ({load}) unless {known}"


def on_a_host(matchers: str) -> str:
    """VMs that are on, paused ones too, on the hosts where they are; a region of a cloud is no host."""
    on = f'libvirt_domain_state{{state=~"running|blocked|paused", {matchers}}} == 1'
    return f'{on} or vm:cpu_utilization:ratio{{provider!~"libvirt|{CLOUDS}", {matchers}}}'


def state_numbers(matchers: str) -> str:
    """The state of VMs as its number (from 1) in the house style's table, by host."""
    numbered = (
        f'last_over_time(libvirt_domain_state{{state="{state}", {matchers}}}[$__rate_interval]) * {number}'
        for number, (state, _, _) in enumerate(STATES, 1)
    )
    return f"max by (instance) ({' or '.join(numbered)}) > 0"
