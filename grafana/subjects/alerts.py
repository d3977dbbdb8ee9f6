"""Alerts that fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules import own_resources
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries.counts import counted
from grafana.queries.firing import WHAT, with_what
from grafana.queries.selectors import FIRING, LOADED, MINE, NARROWED, NO_RULES
from grafana.style import colors, fields
from grafana.style.thresholds import ANY_IS_BAD
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table

    from grafana.profile import Profile

MY_FIRING = f"{FIRING}, {MINE}"
LABELS = ("severity", "kind", "alertname", "domain", WHAT, "instance")
UNKNOWN = "none known"


def count(matchers: str, description: str) -> stat.Panel:
    """How many fire."""
    number = Query(counted(f"ALERTS{{{matchers}}}", LOADED))
    return figures(Card("Alerts", "none", description, UNKNOWN), number, steps=ANY_IS_BAD)


def by_kind() -> stat.Panel:
    card = Card(
        "Alerts",
        "none",
        "Alerts that fire: on what is the case (actual), on what is predicted, and on what is only unusual.",
        UNKNOWN,
    )
    queries = [Query(counted(f'ALERTS{{{MY_FIRING}, kind="{kind}"}}', LOADED), kind) for kind in colors.KINDS]
    styles = {kind: fields.counted(color, colors.GOOD) for kind, color in colors.KINDS.items()}
    return figures(card, *queries, styles=styles)


def firing(profile: Profile) -> table.Panel:
    card = Card(
        "Firing alerts",
        "none",
        "Every alert that fires: on what of the VM or host, and how long it has been active. A predicted "
        "one says what is about to happen, an actual one what is the case. The runbook of an alert says what "
        "to do.",
        "No alert fires",
    )
    active = f"time() - ALERTS_FOR_STATE{{{NARROWED}}} and ignoring (alertstate) ALERTS{{{MY_FIRING}}}"
    shown = (
        Column("severity", "Severity", {**fields.colored_names(colors.SEVERITIES), **fields.width(74)}),
        Column("kind", "Kind", {**fields.colored_names(colors.KINDS), **fields.width(80)}),
        Column("alertname", "Alert", fields.at_least(210)),
        Column("active", "Active for", {**fields.unit("s", 1), **fields.width(88)}),
        columns.VM.wide(80),
        Column(WHAT, "What", fields.width(100)),
        columns.HOST.wide(76),
    )
    queries = {"active": with_what(active, own_resources.parts(profile.resources))}
    return listing(
        card, Table(LABELS, queries, shown, "active", empty="alertname", descending=False, source=NO_RULES)
    )
