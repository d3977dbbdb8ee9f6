"""Adviser: whether a live migration of each VM would end, how long it takes, how long the VM stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.migration_outlook import ENDLESS, ENDS, UNKNOWN, Outlook, outlooks
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.view.view import Fresh


def advised(fresh: Fresh) -> Sequence[Outlook]:
    """All VMs, those that would not end first."""
    return outlooks(fresh.inventory)


SECONDS = Metric(
    "virtcast_migration_expected_seconds",
    Kind.GAUGE,
    "Expected duration of a live migration of the VM that begins now, without a limit of bandwidth. Absent if"
    " it is not known, and for one that would not converge.",
    (),
    "seconds",
)
DOWNTIME = Metric(
    "virtcast_migration_expected_downtime_seconds",
    Kind.GAUGE,
    "Expected downtime of the VM during that migration.",
    (),
    "seconds",
)
TRANSFERRED = Metric(
    "virtcast_migration_expected_transferred_bytes",
    Kind.GAUGE,
    "Data that the migration is expected to transfer, all passes over the memory together.",
    (),
    "bytes",
)
CONVERGES = Metric(
    "virtcast_migration_expected_to_converge",
    Kind.GAUGE,
    "Whether the migration would converge: 1, or 0 if the guest writes to its memory faster than it can be"
    " sent. Absent if it is not known.",
)
ADVISER = adviser(
    "migrations",
    "If it migrates now",
    Advice(
        "/api/v1/migrations",
        "Whether a live migration of each VM would converge, how long it takes, and how long the VM stands "
        "still.",
        advised,
        lambda of: of.labels,
        (
            Output("vm", "text", "The VM.", lambda of: named(of.labels), column=Column("VM", about=True)),
            Output(
                "verdict",
                "text",
                f"{ENDS}, {ENDLESS} or {UNKNOWN}.",
                lambda of: of.verdict,
                column=Column("Verdict", whole=True),
            ),
            Output(
                "converges",
                "number",
                "1 if it converges, 0 if not; null if that is not known.",
                lambda of: None if of.usual is None else float(of.usual.converges),
                CONVERGES,
            ),
            Output(
                "seconds",
                "number",
                "Expected duration.",
                lambda of: of.ending and of.ending.seconds,
                SECONDS,
            ),
            Output(
                "downtime_seconds",
                "number",
                "Expected downtime.",
                lambda of: of.ending and of.ending.downtime,
                DOWNTIME,
            ),
            Output(
                "transferred_bytes",
                "number",
                "Data to be transferred.",
                lambda of: of.ending and of.ending.transferred,
                TRANSFERRED,
            ),
            Output(
                "dirty_bytes_per_second",
                "number",
                "Rate at which the VM writes to its memory.",
                lambda of: of.memory.dirty if of.memory else None,
            ),
            Output(
                "targets",
                "texts or null",
                "Expected duration by destination, in words, of hosts to which VMs of its host went.",
                Outlook.targets,
            ),
            Output("text", "text", "In words.", Outlook.text, column=Column("Expected")),
        ),
        shown=lambda of: of.verdict != UNKNOWN,
    ),
    nothing="Not known: no dirty rate is measured (--dirty-rate.interval), and no VM that runs has migrated.",
)
