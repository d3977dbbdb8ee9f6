"""What the interfaces of VMs are attached to."""

from __future__ import annotations

INFO = "libvirt_domain_interface_stats_info"


def named(matchers: str, chosen: str = ".+") -> str:
    """The interfaces with the label `net`: the name of libvirt's network, else that of the bridge; of those
    only that match a pattern.

    One on a network of libvirt has the bridge of that, too, which names nothing that anybody chose.
    """
    sides = (
        f'label_replace({INFO}{{{only}, {label}=~"{chosen}", {matchers}}}, "net", "$1", "{label}", "(.+)")'
        for label, only in (
            ("source_network", 'source_network!=""'),
            ("source_bridge", 'source_bridge!="", source_network=""'),
        )
    )
    return " or ".join(sides)
