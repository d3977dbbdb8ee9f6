"""GET /api/v1/topology: what hangs on what, as nodes and edges for a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.advice.demand import pool_of
from forecaster.api.resource import ApiResource
from forecaster.api.schema import TEXT, many, one_of, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.web.query import Query
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.view import Fresh

KINDS = HOST, VM, NETWORK, BRIDGE, POOL = ("host", "vm", "network", "bridge", "pool")
Edge = tuple[str, str, str]  # source, target, by what


def read(fresh: Fresh, _query: Query) -> dict[str, Any]:
    """All nodes, and an edge for each interface, disk and host."""
    inventory = fresh.inventory
    nodes: dict[str, tuple[str, str, str]] = {}
    edges: list[Edge] = []

    def node(kind: str, instance: str, name: str) -> str:
        key = f"{kind}:{instance}" if kind == HOST else f"{kind}:{instance}/{name}"
        nodes.setdefault(key, (kind, instance, name))
        return key

    for host in inventory.hosts:
        node(HOST, host.instance, host.instance)
    for vm in inventory.vms:
        mine = node(VM, vm.instance, vm.domain)
        edges.append((mine, node(HOST, vm.instance, vm.instance), ""))
        edges += ((mine, node(kind, vm.instance, name), by) for kind, name, by in _parts(inventory, vm))
    for network in inventory.networks:
        mine = node(NETWORK, network.instance, network.network)
        if network.bridge:
            edges.append((mine, node(BRIDGE, network.instance, network.bridge), ""))
    return {
        "nodes": [
            {"id": key, "kind": kind, "instance": instance, "name": name}
            for key, (kind, instance, name) in sorted(nodes.items())
        ],
        "edges": [
            {"id": f"{source}>{target}>{by}", "source": source, "target": target, "by": by}
            for source, target, by in dict.fromkeys(edges)
        ],
    }


def _parts(inventory: Inventory, vm: Vm) -> Iterator[tuple[str, str, str]]:
    """What a VM is attached to: kind and name, and by which device."""
    for interface in vm.interfaces:
        if interface.source_network:
            yield NETWORK, interface.source_network, interface.target_device
        elif interface.source_bridge:
            yield BRIDGE, interface.source_bridge, interface.target_device
    pools = [pool for pool in inventory.pools if pool.instance == vm.instance]
    for disk in vm.disks:
        pool = pool_of(disk, pools)
        if pool:
            yield POOL, pool, disk.target_device


RESOURCE = ApiResource(
    "/api/v1/topology",
    "Topology",
    "VMs, hosts, networks, bridges and storage pools as nodes, and what connects them as edges.",
    read,
    record(
        {
            "nodes": many(record({"id": TEXT, "kind": one_of(*KINDS), "instance": TEXT, "name": TEXT})),
            "edges": many(record({"id": TEXT, "source": TEXT, "target": TEXT, "by": TEXT})),
        }
    ),
    rows=lambda data: data["edges"],
)
