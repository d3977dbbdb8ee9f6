"""What the interfaces of VMs are attached to."""

from __future__ import annotations

INFO = "libvirt_domain_interface_stats_info"


def named(matchers: str, names: str = ".+") -> str:
    """The interfaces with the label `net`: the name of libvirt's network, else that of the bridge; of those
    only that match a pattern.

    One on a network of libvirt has the bridge of that, too, which names nothing that anybody chose.
    """
    return " or ".join(
        f'label_replace({series}, "net", "$1", "{label}", "(.+)")'
        for label, series in _sides(matchers, names).items()
    )


def chosen(matchers: str, names: str) -> str:
    """The same interfaces without the label."""
    return " or ".join(_sides(matchers, names).values())


def _sides(matchers: str, names: str) -> dict[str, str]:
    """The series of interfaces by the label that has the name."""
    return {
        label: f'{INFO}{{{only}, {label}=~"{names}", {matchers}}}'
        for label, only in (
            ("source_network", 'source_network!=""'),
            ("source_bridge", 'source_bridge!="", source_network=""'),
        )
    }
