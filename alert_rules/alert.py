"""The rows of an alert area: what is asked, how long it must last, and what people are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alert_rules.values import Section

Severity = Literal["critical", "warning", "info", "none"]
Kind = Literal["actual", "predicted", "anomaly"]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The dashboard that a notification links to; `variables` are labels of the alert, handed on by name."""

    uid: str
    variables: tuple[str, ...] = ()


FLEET = Dashboard("virtcast-fleet")
FLEET_HOST = Dashboard("virtcast-fleet", ("instance",))
HOST_PAGE = Dashboard("virtcast-host", ("instance",))
POOL_PAGE = Dashboard("virtcast-host", ("instance", "pool"))
VM_PAGE = Dashboard("virtcast-vm", ("instance", "domain"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. All texts may name the values of its area, such as $limit.

    `severity` says who is needed: critical now, warning in working hours, info nobody; none is for an alert
    that always fires. `kind` says whether the condition holds now, is predicted, or is only unusual;
    Alertmanager inhibits a prediction that has come true, and an anomaly that either explains. `explains`
    names alerts of the same `instance` that this one is the cause of, `supersedes` those that say less about
    the same subject: both are inhibited, too. `for_` and
    `keep_firing_for` are Prometheus' own: how long the condition must last, and how long it must be gone.
    `summary` and `description` are Go templates of Prometheus. `optional` ends the expression: texts by the
    value that leaves them out where it is 0.
    """

    name: str
    expr: str
    severity: Severity
    kind: Kind
    summary: str
    description: str
    dashboard: Dashboard
    for_: str | None = None
    keep_firing_for: str | None = None
    optional: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)  # beside severity and kind
    explains: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    runbook: str = ""  # another alert's, where one text serves both
    comment: str = ""  # why the expression is as it is

    @property
    def all_labels(self) -> dict[str, str]:
        """Every label that the rule adds to the alert."""
        return {"severity": self.severity, "kind": self.kind, **self.labels}

    @property
    def of_vm(self) -> bool:
        """Whether it is about one VM, so that somebody owns it."""
        return "domain" in self.dashboard.variables

    @property
    def runbook_name(self) -> str:
        """The alert whose runbook says what to do."""
        return self.runbook or self.name

    @property
    def always_fires(self) -> bool:
        """Whether it is a dead man's switch: its silence is the fault."""
        return self.severity == "none"


@dataclass(frozen=True, slots=True)
class Area:
    """The alerts of one subject: a group of rules, and a section of values named like it.

    `advises`: they say what could be better, and nothing is wrong. They inhibit no other.
    """

    section: Section
    alerts: tuple[Alert, ...]
    advises: bool = False

    @property
    def name(self) -> str:
        return self.section.name
