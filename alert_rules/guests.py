"""Figures from inside of VMs, by exporters in the guests: whose they are, and on which host.

Give each target the label `domain` with the name of the VM. Its `instance`, the address of the guest, gives
way to the host on which libvirt runs the VM now.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.promql import grouped

# One host for each name: during a migration both may seem to run the VM.
HOSTS = """\
topk by (domain) (
  1,
  max by (instance, domain) (libvirt_domain_state{state=~"running|blocked"} == 1)
)"""


def on_host(by_domain: str, labels: tuple[str, ...]) -> str:
    """A figure of guests by the labels of an output; `by_domain` has all of them but `instance`."""
    joined = f"({by_domain})\n* on (domain) group_left (instance)\n{HOSTS}"
    return f"max by {grouped(labels)} (\n{indent(joined, '  ')}\n)"


def unless_libvirt(expr: str, output: str, labels: tuple[str, ...]) -> str:
    """The figure only where libvirt gives none, by the balloon or the guest's agent."""
    return f'{expr}\n  unless on {grouped(labels)} {output}{{provider="libvirt"}}'
