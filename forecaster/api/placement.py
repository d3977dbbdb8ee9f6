"""GET /api/v1/placement: which VMs to move where, in which order, and what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.web.refusal import Refusal, bad_request
from forecaster.advice.demand import PARTS, fleet
from forecaster.api import row
from forecaster.api.resource import ApiResource, Parameter
from forecaster.api.row import Field, known
from forecaster.api.schema import BOOLEAN, COUNT, NUMBER, NUMBER_OR_NULL, TEXT, many, one_of, record
from forecaster.placement.apart import BALANCE, GOALS, NoPlanError, planned
from forecaster.placement.plan import Plan

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.placement.load import Load
    from forecaster.placement.order import Move
    from forecaster.placement.reasons import Stranded
    from forecaster.view.view import Fresh

GOAL = Parameter(
    "goal",
    "balance: bring hosts below the ceiling that are above it, by the fewest moves; consolidate: empty as "
    "many hosts as can be",
    schema={**one_of(*GOALS), "default": BALANCE},
)
LEAVE = Parameter(
    "evacuate",
    "the host that is to be empty, by its label instance; `goal` does not count then",
    schema={"type": "string", "format": "host"},
)
MOVES: tuple[Field[Move], ...] = (
    Field("vm", TEXT, "Instance and domain of the VM, as instance/domain.", lambda of: of.guest),
    Field("from", TEXT, "The host that it leaves.", lambda of: of.source),
    Field("to", TEXT, "The host that it goes to.", lambda of: of.target),
    Field("cpu_ratio", NUMBER, "Highest share of the target's CPUs after the move.", lambda of: of.cpu_ratio),
    Field("memory_ratio", NUMBER, "Share of the target's memory after it.", lambda of: of.memory_ratio),
    Field("seconds", NUMBER_OR_NULL, "Expected duration; null: not known.", lambda of: known(of.seconds)),
    Field(
        "downtime_seconds",
        NUMBER_OR_NULL,
        "How long the VM then stands still; null: not known.",
        lambda of: known(of.downtime),
    ),
    Field(
        "converges",
        BOOLEAN,
        "False: the VM writes to its memory faster than it can be sent.",
        lambda of: of.converges,
    ),
    Field(
        "parked", BOOLEAN, "Whether a later move takes the VM on, when there is room.", lambda of: of.parked
    ),
    Field("reason", TEXT, "Why the move is in the plan.", lambda of: of.why),
)
LOADS: tuple[Field[Load], ...] = (
    Field("host", TEXT, "The host.", lambda of: of.machine),
    Field("vms", COUNT, "VMs that are on.", lambda of: of.guests),
    Field("cpu_ratio", NUMBER, "Highest share of its CPUs over the day.", lambda of: of.cpu_ratio),
    Field(
        "cpu_hour",
        COUNT,
        "The hour of the day at which that part of it begins, UTC.",
        lambda of: of.part * 24 // PARTS,
    ),
    Field(
        "memory_ratio",
        NUMBER,
        "Share of its memory that it uses itself and its VMs may take.",
        lambda of: of.memory_ratio,
    ),
)
STRANDED: tuple[Field[Stranded], ...] = (
    Field("vm", TEXT, "Instance and domain of the VM, as instance/domain.", lambda of: of.guest),
    Field(
        "reasons",
        many(TEXT),
        "Why hosts cannot take it, and how many.",
        lambda of: [f"{why} ({number})" for why, number in of.reasons],
    ),
)

NOTHING = Plan((), (), ())  # of a fleet without VMs


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The plan for the goal."""
    goal = query.choice(GOAL.name, GOALS, BALANCE)
    given = fleet(fresh.view.rollups, fresh.inventory, fresh.view.shared_storage)
    host = query.one(LEAVE.name, "")
    if host and host not in given.places:
        raise bad_request(f'parameter "{LEAVE.name}"', "expected a host whose CPUs and memory are known")
    try:
        plan = planned(given, goal, host) if given.guests else NOTHING
    except NoPlanError as error:
        raise Refusal(503, str(error)) from error
    return {
        "helps": plan.helps,
        "best": plan.best,
        "ceiling": given.ceiling,
        "seconds": known(plan.seconds),
        "moves": [row.row(MOVES, each) for each in plan.moves],
        "stranded": [row.row(STRANDED, each) for each in plan.stranded],
        "warnings": list(plan.warnings),
        "before": [row.row(LOADS, each) for each in plan.before],
        "after": [row.row(LOADS, each) for each in plan.after],
    }


RESOURCE = ApiResource(
    "/api/v1/placement",
    "Placement",
    "Which VMs to move where, in an order in which each target has the memory. Demand is the highest hour of "
    "the last four weeks at the same time of day. Nothing is moved.",
    read,
    record(
        {
            "helps": {**BOOLEAN, "description": "Whether any move is worth making."},
            "best": {**BOOLEAN, "description": "True: no plan is better by more than 2 %. False: not known."},
            "ceiling": {**NUMBER, "description": "Share of a host's CPUs above which it is hot."},
            "seconds": {
                **NUMBER_OR_NULL,
                "description": "Expected duration of all moves, one after the other; null: not known.",
            },
            "moves": many(row.schema(MOVES)),
            "stranded": many(row.schema(STRANDED)),
            "warnings": {
                **many(TEXT),
                "description": "Hosts whose CPUs the moves bring above the ceiling, or further above it.",
            },
            "before": many(row.schema(LOADS)),
            "after": many(row.schema(LOADS)),
        }
    ),
    (GOAL, LEAVE),
    rows=lambda data: data["moves"],
)
