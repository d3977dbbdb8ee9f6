"""How VMs, virtual networks and hosts hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.panels.card import Card
from grafana.panels.graph import graph
from grafana.queries.selectors import HOST

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import nodegraph

VMS = 20  # circles for more are too small to read
TRAFFIC = " + ".join(
    f"sum by (instance, domain) (vm:network_{way}_bytes:rate{{{HOST}}})" for way in ("receive", "transmit")
)
BUSIEST = f"topk({VMS}, {TRAFFIC})"
# The network of an interface: libvirt's name, or that of the bridge it is on.
_BY_BRIDGE = (
    f'label_replace(libvirt_domain_interface_stats_info{{{HOST}}}, "net", "$1", "source_bridge", "(.+)")'
)
ATTACHED = f'label_replace({_BY_BRIDGE}, "net", "$1", "source_network", "(.+)")'
INTERFACES = f"(max by (instance, domain, net) ({ATTACHED}) and on (instance, domain) {BUSIEST})"
RUNNING = f'({BUSIEST}) and on (instance, domain) libvirt_domain_state{{state="running", {HOST}}} == 1'


def _named(expr: str, label: str, *parts: str) -> str:
    """With a label made of others: what kind of node it is keeps a VM and a host of one name apart."""
    quoted = ", ".join(f'"{part}"' for part in parts)
    return f'label_join({expr}, "{label}", " ", {quoted})'


def _node(expr: str, kind: str, title: str, *parts: str) -> str:
    named = _named(f'label_replace({expr}, "subtitle", "{kind}", "", "")', "id", "subtitle", *parts)
    return f'max by (id, title, subtitle) (label_replace({named}, "title", "$1", "{title}", "(.*)"))'


def _edge(expr: str, kind: str, *parts: str) -> str:
    """From a VM to what it is on."""
    tagged = f'label_replace(label_replace({expr}, "vm", "VM", "", ""), "kind", "{kind}", "", "")'
    source = _named(tagged, "source", "vm", "instance", "domain")
    ends = _named(source, "target", "kind", *parts)
    return f"max by (id, source, target) ({_named(ends, 'id', 'source', 'target')})"


def topology() -> nodegraph.Panel:
    card = Card(
        "VMs, networks and hosts",
        "none",
        f"Each VM with the host that it runs on and the networks or bridges that it is attached to; of more "
        f"than {VMS} VMs, those with most traffic. A VM without a line to a network has no interface on one. "
        "The buttons zoom. Click a circle to see what hangs on it.",
        "No VM has a network interface",
    )
    nodes = (
        _node(f"(libvirt_up{{{HOST}}})", "host", "instance", "instance"),
        _node(f"({RUNNING})", "VM", "domain", "instance", "domain"),
        _node(INTERFACES, "network", "net", "instance", "net"),
    )
    edges = (
        _edge(f"({RUNNING})", "host", "instance"),
        _edge(INTERFACES, "network", "instance", "net"),
    )
    return graph(card, " or ".join(nodes), " or ".join(edges))
