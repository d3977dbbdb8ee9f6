"""GET /api/v1/network-mapping: which network of another host each interface of VMs should use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.web.refusal import bad_request
from forecaster.api import row
from forecaster.api.resource import ApiResource, Parameter
from forecaster.api.row import Field
from forecaster.api.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    many,
    one_of,
    record,
)
from forecaster.network_mapping.mapping import CHECKS, VERDICTS, Mapping, Problem, mappings

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.view import Fresh

TARGET = Parameter(
    "target",
    "the host that the VMs are to go to, by its label instance",
    schema={"type": "string", "format": "host"},
    required=True,
)
SOURCE = Parameter(
    "source",
    "only VMs at this host; without it those of all other hosts",
    schema={"type": "string", "format": "host"},
)
DOMAIN = Parameter(
    "domain",
    "only VMs with this name; repeatable",
    many=True,
    schema={"type": "string", "format": "domain"},
)
NO_HOST = "expected a host that the inventory has"
PROBLEMS: tuple[Field[Problem], ...] = (
    Field("name", one_of(*(each.name for each in CHECKS)), "What is wrong.", lambda of: of.name),
    Field("blocks", BOOLEAN, "Whether the VM must not move before it is mended.", lambda of: of.blocks),
    Field("text", TEXT, "The same in words.", lambda of: of.text),
)
FIELDS: tuple[Field[Mapping], ...] = (
    Field("instance", TEXT, "The host of the VM.", lambda of: of.vm.instance),
    Field("domain", TEXT, "The VM.", lambda of: of.vm.domain),
    Field("target_device", TEXT, "Its interface.", lambda of: of.interface.target_device),
    Field("mac_address", TEXT, "The MAC address.", lambda of: of.interface.mac_address),
    Field("model", TEXT, "The model; it stays.", lambda of: of.interface.model_type),
    Field("from_kind", TEXT_OR_NULL, "network or bridge.", lambda of: of.source.kind if of.source else None),
    Field("from_name", TEXT_OR_NULL, "What it is on now.", lambda of: of.source.name if of.source else None),
    Field("to_kind", TEXT_OR_NULL, "network or bridge.", lambda of: of.target.kind if of.target else None),
    Field(
        "to_name",
        TEXT_OR_NULL,
        "What it should be on at the target; null: nothing there fits.",
        lambda of: of.target.name if of.target else None,
    ),
    Field("to_bridge", TEXT_OR_NULL, "Its bridge.", lambda of: of.target.bridge if of.target else None),
    Field("to_vlans", many(TEXT), "Its VLAN tags.", lambda of: list(of.target.vlans) if of.target else []),
    Field("to_subnets", many(TEXT), "Its subnets.", lambda of: list(of.target.subnets) if of.target else []),
    Field(
        "loss_ratio",
        NUMBER_OR_NULL,
        "Share of echo requests to the target that get lost over it; null: nobody measures it.",
        lambda of: of.path.loss_ratio if of.path else None,
    ),
    Field(
        "round_trip_seconds",
        NUMBER_OR_NULL,
        "Time of an echo request to the target and its answer over it; null: nobody measures it.",
        lambda of: of.path.round_trip_seconds if of.path else None,
    ),
    Field("confidence", NUMBER, "How sure that is, from 0 to 1.", lambda of: of.confidence),
    Field("verdict", one_of(*VERDICTS), "Whether the VM can go.", lambda of: of.verdict),
    Field("reasons", many(TEXT), "What speaks for it.", lambda of: list(of.reasons)),
    Field(
        "problems",
        many(row.schema(PROBLEMS)),
        "What is wrong.",
        lambda of: [row.row(PROBLEMS, each) for each in of.problems],
    ),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The mapping of the VMs that are asked for."""
    target, source, domains = query.one(TARGET.name), query.one(SOURCE.name, ""), query.many(DOMAIN.name)
    known = fresh.inventory.vms
    if source and source not in {
        *(host.instance for host in fresh.inventory.hosts),
        *(vm.instance for vm in known),
    }:
        raise bad_request(f'parameter "{SOURCE.name}"', NO_HOST)
    if not {vm.domain for vm in known}.issuperset(domains):
        raise bad_request(f'parameter "{DOMAIN.name}"', "expected VMs that the inventory has")
    vms = [
        vm
        for vm in known
        if vm.instance != target and source in {"", vm.instance} and (not domains or vm.domain in domains)
    ]
    try:
        found = mappings(fresh.inventory, vms, target)
    except LookupError as error:
        raise bad_request(f'parameter "{TARGET.name}"', NO_HOST) from error
    return {"total": len(found), "mappings": [row.row(FIELDS, each) for each in found]}


RESOURCE = ApiResource(
    "/api/v1/network-mapping",
    "Network mapping",
    "Which network or bridge of another host each interface of VMs should use, and what speaks against it.",
    read,
    record({"total": COUNT, "mappings": many(row.schema(FIELDS))}),
    (TARGET, SOURCE, DOMAIN),
    rows=lambda data: data["mappings"],
)
