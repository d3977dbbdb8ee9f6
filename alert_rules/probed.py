"""Ways to hosts, by exporters that ask for echoes: which host, and over which network.

Give each target the label `to_host` with the `instance` of the libvirt exporter on the host that it is, and
the label `network` with the name of the network that its address is in. Without the second it counts for
whatever network.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import PATH
from alert_rules.promql import grouped

ANY = "*"  # the network of a target without that label
TARGETS = 'to_host!=""'


def to_host(expr: str) -> str:
    """The largest figure of a host's targets in a network; `expr` has `to_host` and perhaps `network`."""
    most = f"max by (to_host, network) (\n{indent(expr, '  ')}\n)"  # instances of targets or exporters differ
    host = f'label_replace(\n{indent(most, "  ")},\n  "instance", "$1", "to_host", "(.*)"\n)'
    named = f'label_replace(\n{indent(host, "  ")},\n  "network", "{ANY}", "network", ""\n)'
    return f"max by {grouped(PATH)} (\n{indent(named, '  ')}\n)"
