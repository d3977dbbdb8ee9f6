"""The inventory as a graph."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.web.query import Query
from forecaster.api import network_mapping, topology
from forecaster.view.inventory import Disk, Host, Interface, Inventory, Network, Pool, Vm

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import Fresh, View

NOW = 1_800_000_000
INVENTORY = Inventory(
    1,
    (
        Vm(
            "h1",
            "web",
            disks=(Disk("vda", source="/images/web"), Disk("vdb", source="/elsewhere")),
            interfaces=(
                Interface("vnet0", source_network="prod", mac_address="52:54:00:00:00:01"),
                Interface("vnet1", source_bridge="br0"),
            ),
        ),
    ),
    (Host("h1"), Host("h2", devices=("br0",))),
    (Pool("h1", "images", path="/images"),),
    (Network("h1", "prod", bridge="virbr1"), Network("h2", "prod")),
)


def fresh(view: Callable[..., View]) -> Fresh:
    return replace(view(), inventory=INVENTORY).fresh(NOW, 900)


def test_everything_is_a_node_and_what_it_hangs_on_an_edge(view: Callable[..., View]) -> None:
    found = topology.read(fresh(view), Query())
    assert [node["id"] for node in found["nodes"]] == [
        "bridge:h1/br0",
        "bridge:h1/virbr1",
        "host:h1",
        "host:h2",
        "network:h1/prod",
        "network:h2/prod",
        "pool:h1/images",
        "vm:h1/web",
    ]
    assert [(edge["source"], edge["target"], edge["by"]) for edge in found["edges"]] == [
        ("vm:h1/web", "host:h1", ""),
        ("vm:h1/web", "network:h1/prod", "vnet0"),
        ("vm:h1/web", "bridge:h1/br0", "vnet1"),
        ("vm:h1/web", "pool:h1/images", "vda"),
        ("network:h1/prod", "bridge:h1/virbr1", ""),
    ]


def test_each_interface_is_mapped(view: Callable[..., View]) -> None:
    found = network_mapping.read(fresh(view), Query((("target", "h2"),)))
    assert found["total"] == 2
    prod, bridge = found["mappings"]
    assert (prod["from_name"], prod["to_name"], prod["verdict"]) == ("prod", "prod", "check")
    assert (bridge["to_kind"], bridge["to_name"], bridge["verdict"]) == ("bridge", "br0", "mapped")
    assert [each["name"] for each in prod["problems"]] == ["uncertain"]
    of_web = network_mapping.read(fresh(view), Query((("target", "h2"), ("domain", "web"))))
    assert of_web == found
