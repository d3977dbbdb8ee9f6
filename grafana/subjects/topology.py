"""How VMs, virtual networks and hosts hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.panels.card import Card
from grafana.panels.graph import graph
from grafana.queries.networks import INFO, chosen, named
from grafana.queries.selectors import CHOSEN_VMS, HOST

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import nodegraph

VMS = 24  # circles of more cannot be told apart
HOSTS = 40  # likewise, without VMs between them
PRESENT = f"count({INFO}{{{HOST}}})"
RUNNING = f'libvirt_domain_state{{state="running", {HOST}}} == 1'
ATTACHED = (
    f"(max by (instance, domain, net) ({named(CHOSEN_VMS, '$network')}) and on (instance, domain) {RUNNING})"
)
# Of the same VMs, whatever their networks are called: each part of the graph asks for it.
OF_VM = "(instance, domain)"
NUMBER = f"count(count by {OF_VM} ({chosen(CHOSEN_VMS, '$network')}) and on {OF_VM} {RUNNING})"
FEW, MANY = f"and on () ({NUMBER} <= {VMS})", f"and on () ({NUMBER} > {VMS})"


def _counted(by: str) -> str:
    """How many VMs each has, as a label; of those with most."""
    number = f"topk({HOSTS}, count by ({by}) (count by ({by}, domain) ({ATTACHED})))"
    counted = f'count_values by ({by}) ("vms", {number})'
    many = f'label_replace({counted}, "vms", "$1 VMs", "vms", "(.*)")'
    return f'label_replace({many}, "vms", "1 VM", "vms", "1 VMs")'


def _joined(expr: str, label: str, *parts: str) -> str:
    """With a label made of others."""
    quoted = ", ".join(f'"{part}"' for part in parts)
    return f'label_join({expr}, "{label}", " ", {quoted})'


def _told(expr: str, **texts: str) -> str:
    for label, text in texts.items():
        expr = f'label_replace({expr}, "{label}", "{text}", "", "")'
    return expr


def _nodes(expr: str, kind: str, title: str, subtitle: tuple[str, str], *parts: str) -> str:
    """What kind of node it is keeps a VM and a host of one name apart."""
    named = _joined(_told(expr, kind=kind), "id", "kind", *parts)
    titled = f'label_replace({named}, "title", "$1", "{title}", "(.*)")'
    return f'label_replace({titled}, "subtitle", "{subtitle[0]}", "{subtitle[1]}", "(.*)")'


def _edges(expr: str, source: tuple[str, ...], target: tuple[str, ...]) -> str:
    tagged = _told(expr, vm="VM", host="host", network="network")
    ends = _joined(_joined(tagged, "source", *source), "target", *target)
    return f"max by (id, source, target) ({_joined(ends, 'id', 'source', 'target')})"


def topology() -> nodegraph.Panel:
    card = Card(
        "VMs, networks and hosts",
        "none",
        f"Hosts, running VMs and the networks or bridges they are attached to. Of more than {VMS} VMs only "
        f"hosts and networks are drawn, the {HOSTS} with most VMs, and networks of one name on several hosts "
        "are one circle: choose hosts, VMs or a network above to see VMs. A VM without an interface is not "
        "shown.",
        "No running VM has a network interface",
    )
    here = _joined(f"({_counted('instance, net')} {FEW})", "where", "vms", "instance")
    here = f'label_replace({here}, "where", "$1 on $2", "where", "(\\\\d+ VMs?) (.*)")'
    everywhere = f'label_replace(({_counted("net")} {MANY}), "where", "$1", "vms", "(.*)")'
    rows = (
        _nodes(_counted("instance"), "host", "instance", ("$1", "vms"), "instance"),
        _nodes(f"({ATTACHED} {FEW})", "VM", "domain", ("$1", "instance"), "instance", "domain"),
        _nodes(f"({here} or {everywhere})", "network", "net", ("$1", "where"), "net", "instance"),
    )
    network = ("network", "net", "instance")
    host, vm = ("host", "instance"), ("vm", "instance", "domain")
    few, many = f"({ATTACHED} {FEW})", f"(count by (instance, net) ({ATTACHED}) {MANY})"
    edges = (
        _edges(few, host, vm),
        _edges(few, vm, network),
        _edges(many, host, ("network", "net", "nowhere")),
    )
    return graph(card, rows, " or ".join(edges))
