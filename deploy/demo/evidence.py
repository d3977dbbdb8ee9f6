"""What Prometheus, the receiver and libvirt tell of the demo, as the values checks and summary need."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

import requests

from demo.checks import MigrationSeen, Seen
from demo.guests import BURSTING, FILLING, HOSTS, MAINTAINED, PARTS, STEADY
from demo.receiver import read_notifications
from demo.summary import GuestRow
from forecaster.promql.results import PromqlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from demo.story import Stage
    from forecaster.promql.client import Client

ALERT = "VmFilesystemExhaustionPredicted"
FULL = 0.99
CAUSE = "deviated first"
WHOSE = ("instance", "domain", "pool")
ALERTS = 'ALERTS{alertstate="firing", severity!="none"}'

Values = dict[tuple[str, ...], float]

# The columns of the guests' table, each a query with the labels instance and domain.
ENDS = 'virtcast_exhaustion_timestamp_seconds{quantile="0.5"}'
COLUMNS = {
    "cpu": "vm:cpu_utilization:ratio",
    "memory": "vm:memory_utilization:ratio",
    "filesystem": "max by (instance, domain) (vm:filesystem_utilization:ratio)",
    "anomaly": "max by (instance, domain) (virtcast_anomaly_score)",
    "probability": 'max by (instance, domain) (virtcast_exhaustion_probability_ratio{horizon="5m"})',
    "seconds_left": f"min by (instance, domain) ({ENDS} - time())",
}
STATES = "max by (instance, domain, state) (libvirt_domain_state) == 1"


@dataclass(frozen=True)
class Evidence:
    """Asks Prometheus. An unreachable Prometheus is an empty answer: the summary shows it as down."""

    client: Client
    inbox: Path
    ready_at: float
    forecaster: str = ""  # its address
    noticed: list[str] = field(default_factory=list)  # of the issue of the disk that fills: what was shown

    def seen(self, stage: Stage) -> Seen:
        """What the checks judge, over the whole time since the demo was ready."""
        window = f"[{max(2, int(time.time() - self.ready_at))}s:1s]"
        scores = f'max by (domain) (max_over_time(virtcast_anomaly_score{{resource="vm_cpu"}}{window}))'
        by_domain = self._ask(scores, "domain")
        left = self._ask(f"min by (domain) ({ENDS} - time())", "domain")
        return Seen(
            hosts_up={host: value for (host,), value in self._ask("libvirt_up", "instance").items()},
            predicted_at=self._first(f'{ALERTS[:-1]},alertname="{ALERT}",domain="{FILLING}"}}', window),
            full_at=self._first(f'vm:filesystem_utilization:ratio{{domain="{FILLING}"}} >= {FULL}', window),
            delivered_at=self._delivered(),
            migration=self._migration(stage),
            burst_score=by_domain.get((BURSTING,)),
            steady_scores=_of(STEADY, by_domain),
            steady_left=_of(STEADY, left),
            own_limit=self._one(f'virtcast_limit_value{{resource="vm_memory",domain="{MAINTAINED}"}}'),
            muted=self._one(f'{ALERTS[:-1]},alertname="VmMaintenance",domain="{MAINTAINED}"}}') is not None,
            own_resource=self._one('count(virtcast_anomaly_score{resource="exporter_latency"})'),
            back_after=stage.back_after,
            issue=self._issue(),
        )

    def guests(self) -> list[GuestRow]:
        """A row for each guest, on the host where it is now."""
        columns = {name: self._ask(query, "instance", "domain") for name, query in COLUMNS.items()}
        states = {key[:2]: key[2] for key in self._ask(STATES, "instance", "domain", "state")}
        roles = {part.guest.name: part.role for part in PARTS}
        return [
            GuestRow(
                host, name, roles[name], state, **{c: known.get((host, name)) for c, known in columns.items()}
            )
            for (host, name), state in sorted(states.items())
            if name in roles
        ]

    def alerts(self) -> list[str]:
        """The firing alerts, one line each."""
        labels = ("alertname", "severity", "instance", "domain", "mountpoint")
        return [" ".join(filter(None, key)) for key in sorted(self._ask(ALERTS, *labels))]

    def issues(self) -> list[str]:
        """What the forecaster says is to be looked at first: whose it is, why, and what to do."""
        answer = self._page("/api/v1/issues?limit=3")
        found = json.loads(answer)["data"]["issues"] if answer else []
        return [f"{_whose(each['labels'])}: {each['text']}. Next: {each['action']}" for each in found]

    def _issue(self) -> str | None:
        """The issue of the disk that fills as the page has it, with what deviated first once that is told."""
        complete = any(CAUSE in each for each in self.noticed)
        for each in () if complete else self.issues():
            whose, _, said = each.partition(": ")
            if FILLING in whose.split() and said in unescape(self._page("/")):
                self.noticed.append(said)
        return next((each for each in self.noticed if CAUSE in each), next(iter(self.noticed), None))

    def _page(self, path: str) -> str:
        """A page of the forecaster; empty if it does not answer, or refuses."""
        try:
            answer = requests.get(self.forecaster + path, timeout=5)
        except requests.RequestException:
            return ""
        return answer.text if answer.ok else ""

    def _migration(self, stage: Stage) -> MigrationSeen:
        counted = self._ask('libvirt_migrations_total{result="success"}', "instance", "direction")
        durations = self._ask("libvirt_domain_last_migration_duration_seconds", "instance", "direction")
        ends = {"source": (stage.moved_from, "outgoing"), "destination": (stage.moved_to, "incoming")}
        return MigrationSeen(
            source_successes=counted.get(ends["source"], 0),
            destination_successes=counted.get(ends["destination"], 0),
            exported_duration={end: durations[key] for end, key in ends.items() if key in durations},
            libvirt_duration=stage.migration_seconds,
        )

    def _delivered(self) -> float | None:
        wanted = {"alertname": ALERT, "domain": FILLING}
        for notification in read_notifications(self.inbox):
            if notification.status == "firing" and wanted.items() <= notification.labels.items():
                return notification.received
        return None

    def _one(self, expression: str) -> float | None:
        """The value of one series, or of any of several."""
        return next(iter(self._ask(expression).values()), None)

    def _first(self, selection: str, window: str) -> float | None:
        """When `selection` first had a sample in `window`."""
        return min(self._ask(f"min_over_time(timestamp({selection}){window})").values(), default=None)

    def _ask(self, expression: str, *labels: str) -> Values:
        """Values by the given labels; labels that are absent are empty."""
        try:
            tracks = self.client.query(expression, int(time.time()))
        except PromqlError:
            return {}
        rows = ((dict(track.labels), float(track.values[-1])) for track in tracks)
        return {tuple(named.get(label, "") for label in labels): value for named, value in rows}


def _whose(labels: Mapping[str, str]) -> str:
    return " ".join(labels[name] for name in WHOSE if name in labels)


def _of(names: Sequence[str], by_domain: Values) -> dict[str, float]:
    """The values of some guests, where there are any."""
    return {name: by_domain[(name,)] for name in names if (name,) in by_domain}


def everything_known(rows: Sequence[GuestRow]) -> bool:
    """Whether every guest runs and has its CPU and memory figures: the stack is ready."""
    known = {row.guest for row in rows if row.cpu is not None and row.memory is not None}
    return {part.guest.name for part in PARTS} <= known and {row.host for row in rows} >= set(HOSTS)
