"""The series of a fleet of any size: those of the recorded lab under other names, and what the lab has not.

Every VM has the series of the guest db-1, every host those of host-a. One VM in twenty-five has the trouble
that db-1 was in; the others are calm.
"""

from __future__ import annotations

import gzip
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alert_rules.fleet_aggregates import POSSIBLE, PROBABILITY, SAMPLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

RECORDED = Path(__file__).resolve().parents[1] / "grafana/recorded/lab.om.gz"
GUEST, HOST = "db-1", "host-a"
IN_TROUBLE = 25  # one VM in so many
DAY, HOUR = 86_400, 3_600  # seconds
SCORE = "virtcast_anomaly_score"
LASTING = f"{SCORE}:lasting"
SELDOM = 97  # hours from one anomaly of a resource to its next
FINE = 1_024  # steps of a share: few bits of noise, so that samples pack as real ones do
# Shares that are not those of the lab, whose guests were overloaded: the mean, by the metric's beginning.
LEVELS = {
    "vm:cpu_utilization": 0.25,
    "vm:cpu_steal": 0.01,
    "vm:memory_utilization": 0.5,
    "vm:filesystem_utilization": 0.5,
    "vm:disk_allocation": 0.4,
    "vm:disk_latency": 0.004,
    "vm:disk_iops": 40,
    "vm:disk_read": 2e6,
    "vm:disk_write": 1e6,
    "vm:network_receive": 3e5,
    "vm:network_transmit": 2e5,
    "host:cpu": 0.4,
    "host:memory": 0.6,
    "virtcast_baseline": 0.25,
    "virtcast_forecast_value": 0.25,
    "virtcast_anomaly_score": 0.3,
}
CALM_HAS_NOT = (
    "ALERTS",
    "virtcast_exhaustion_timestamp",
    "virtcast_anomaly_o",
    "virtcast_anomaly_contribution",
)
HORIZONS = {"1m": "24h", "5m": "7d"}
# What the lab has not, by the labels of a VM, of a host, of the fleet; values with it.
OF_VM = {
    "virtcast_anomaly_score:max5m{}": 0.3,
    "virtcast_anomaly_score:max30m{}": 0.4,
    'virtcast_anomaly_score:lasting{resource="vm_cpu"}': 1,
    'virtcast_anomaly_score:lasting{resource="vm_memory"}': 1,
    'virtcast_anomaly_score:lasting30m{resource="vm_cpu"}': 1,
    'virtcast_anomaly_score:lasting30m{resource="vm_memory"}': 1,
    'virtcast_efficiency_ratio{part="cpu"}': 0.5,
    'virtcast_efficiency_ratio{part="memory"}': 0.6,
    'virtcast_recommended_info{part="cpu",verdict="oversized"}': 1,
    'virtcast_recommended_info{part="memory",verdict="fits"}': 1,
    'virtcast_recommended_size{part="cpu",risk="balanced"}': 2,
    'virtcast_recommended_size{part="memory",risk="balanced"}': 2**31,
    'virtcast_pattern_info{resource="vm_cpu",kind="daily"}': 1,
}
# What an anomaly of a VM's CPU has beside its score. The lab's guest was calm when its record ended.
ANOMALY, BEGUN = 1.4, 1_200  # its score; seconds before the end
OF_ANOMALY: dict[str, tuple[dict[str, str], float]] = {
    "virtcast_anomaly_usual_value": ({}, 0.1),
    "virtcast_anomaly_origin_value": ({}, 0.1),
    "virtcast_anomaly_contribution_ratio": ({"reason": "residual"}, 0.8),
}
OF_EACH = {
    "host:vms_cpu_utilization:ratio{}": 0.25,
    "host:vms_memory_utilization:ratio{}": 0.5,
    "host:vms_network_receive_bytes:rate{}": 8e6,
    "host:vms_network_transmit_bytes:rate{}": 5e6,
    "host:vms_disk_latency:seconds{}": 0.02,
    "host:vms:count{}": 25,
    "host:vms_memory:count{}": 25,
    "host:cpu_utilization:ratio{}": 0.4,
    "host:memory_utilization:ratio{}": 0.6,
}
OF_HOST = {
    **{name: value for name, value in OF_EACH.items() if "host:vms" in name},  # the others are recorded
    **{name.replace("{}", ":avg30m{}"): value for name, value in OF_EACH.items()},
    **{
        f'libvirt_scrape_collector_duration_seconds:{window}{{collector="collector-{number}"}}': 0.02
        for window in ("max5m", "max30m")
        for number in range(32)
    },
    "virtcast_reserve_homeless_vms": 0,
    **{
        name.replace("{", f'{{pool="{pool}",'): value
        for pool in ("default", "images", "fast")
        for name, value in {
            "pool:utilization:ratio{}": 0.6,
            "pool:utilization:ratio:avg1h{}": 0.6,
            "libvirt_pool_info_available_bytes{}": 2e12,
            "libvirt_pool_filesystem_available_bytes{}": 2e12,
            **{
                f'virtcast_exhaustion_probability_ratio{kept}{{resource="pool",horizon="{horizon}"}}': value
                for horizon, value in (("7d", 0.02), ("24h", 0.01))
                for kept in ("", ":possible")
            },
            'virtcast_anomaly_score{resource="pool"}': 0.1,
            'virtcast_runway_seconds{resource="pool",quantile="0.5"}': 90 * DAY,
            'virtcast_runway_seconds{resource="pool",quantile="0.1"}': 60 * DAY,
        }.items()
    },
    'virtcast_runway_seconds{resource="host_memory",quantile="0.5"}': 200 * DAY,
}


@dataclass(frozen=True)
class Series:
    """Labels (with the name), and what its values are: a wave of a day around a mean, a number that stays or
    rises each second, or an anomaly of an hour now and then, with no samples between (NaN). There are none
    before `since` nor after `until`.
    """

    labels: Mapping[str, str]
    level: float
    kind: str  # wave, flat, counter, seldom
    phase: float
    since: float = 0
    until: float = math.inf

    @property
    def name(self) -> str:
        return self.labels["__name__"]

    def values(self, times: NDArray[np.int64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
        """At these times; `noise` has as many normal deviates."""
        there = (times >= self.since) & (times <= self.until)
        return np.where(there, self._all(times, noise), np.nan)

    def _all(self, times: NDArray[np.int64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.kind == "flat":
            return np.full(len(times), self.level)
        if self.kind == "counter":
            return np.asarray(np.floor(self.level * (times % (400 * DAY))), np.float64)
        if self.kind == "seldom":
            hours = times // HOUR + int(self.phase * SELDOM)
            score = np.where(times % HOUR < HOUR // 2, 1.2, 0.95)
            return np.asarray(np.where(hours % SELDOM == 0, score, np.nan), np.float64)
        wave = 1 + 0.4 * np.sin(2 * np.pi * (times / DAY + self.phase)) + 0.05 * noise
        return np.round(self.level * FINE * wave) / FINE if self.level < FINE else np.round(self.level * wave)


STATED = {
    whose: {text.partition("{")[0] for text in rows} for whose, rows in (("vm", OF_VM), ("host", OF_HOST))
}


def _is_stated(row: Mapping[str, str]) -> bool:
    """Whether the lab recorded what is stated above: two series of one name and labels are refused."""
    name = row["__name__"]
    if "domain" in row:
        return name in STATED["vm"]
    return name in STATED["host"] and ("pool" in row or not name.startswith("virtcast_"))


def fleet(vms: int, hosts: int, end: int) -> Iterator[Series]:
    """All series; times that are values are moved, so that the recorded run ended at `end`."""
    every, last = _recorded()
    found = [(row, value) for row, value in every if not _is_stated(row)]
    random = np.random.default_rng(1)
    names = [f"host-{number:02}" for number in range(hosts)]
    for row, value in found:
        if row.get("instance") in (None, "forecaster", "prometheus") and "domain" not in row:
            yield _series(row, value, end - last, random)
    yield from _numbers(found, vms)
    for number, host in enumerate(names):
        for row, value in [*found, *_sampled(found), *_possible(found)]:
            quiet = number and row["__name__"].startswith("ALERTS")
            if row.get("instance") == HOST and "domain" not in row and not quiet:
                yield _series({**row, "instance": host}, value, end - last, random)
        yield from (_stated(text, value, random, instance=host) for text, value in OF_HOST.items())
    mine = [(row, value) for row, value in found if row.get("domain") == GUEST]
    for number in range(vms):
        own = {"instance": names[number % hosts], "domain": f"vm-{number:03}"}
        calm = number % IN_TROUBLE
        for row, value in [*mine, *_means(mine), *([] if calm else _possible(mine))]:
            if not calm and row["__name__"] == SCORE and row["resource"] == "vm_cpu":
                yield from _anomaly({**row, **own}, end)
            elif not (calm and row["__name__"].startswith(CALM_HAS_NOT)):
                rare = calm and row["__name__"].startswith("virtcast_exhaustion_probability")
                yield _series({**row, **own}, 0.004 if rare else value, end - last, random)
        stated = (_stated(text, value, random, **own) for text, value in OF_VM.items())
        # What lasts now has a score, which is that of `_anomaly`.
        yield from (replace(each, until=end - HOUR) if each.kind == "seldom" else each for each in stated)


def _anomaly(row: Mapping[str, str], end: int) -> Iterator[Series]:
    """A score with all that belongs to it."""
    yield Series(row, ANOMALY, "flat", 0)
    for name in (LASTING, f"{LASTING}30m"):
        yield Series({**row, "__name__": name}, ANOMALY, "flat", 0, since=end - BEGUN)
    yield Series({**row, "__name__": "virtcast_anomaly_onset_timestamp_seconds"}, end - BEGUN, "flat", 0)
    for name, (labels, value) in OF_ANOMALY.items():
        yield Series({**row, **labels, "__name__": name}, value, "flat", 0)


def _means(rows: list[tuple[dict[str, str], float]]) -> list[tuple[dict[str, str], float]]:
    """The means of the layer that the lab's dashboards did not ask for when it was recorded."""
    names = {row["__name__"] for row, _ in rows}
    return [
        ({**row, "__name__": f"{row['__name__']}:{window}"}, value)
        for row, value in rows
        for window in ("avg5m", "avg30m", "avg1h", "busiest1d")
        if row["__name__"].startswith("vm:") and row["__name__"].count(":") == 2
        if f"{row['__name__']}:{window}" not in names
    ]


def _sampled(rows: list[tuple[dict[str, str], float]]) -> list[tuple[dict[str, str], float]]:
    return [
        ({**row, "__name__": f"{row['__name__']}:sampled{window}"}, value)
        for row, value in rows
        if row["__name__"] in SAMPLED
        for window in ("", "30m")
    ]


def _numbers(rows: list[tuple[dict[str, str], float]], vms: int) -> Iterator[Series]:
    for name in sorted({row["resource"] for row, _ in rows if row["__name__"] == SCORE}):
        yield Series({"__name__": f"{SCORE}:count", "resource": name}, vms, "flat", 0)


def _possible(rows: list[tuple[dict[str, str], float]]) -> list[tuple[dict[str, str], float]]:
    return [
        ({**row, "__name__": f"{PROBABILITY}:possible"}, value)
        for row, value in rows
        if row["__name__"] == PROBABILITY and value > POSSIBLE
    ]


def _series(row: Mapping[str, str], value: float, later: int, random: np.random.Generator) -> Series:
    name, phase = row["__name__"], float(random.random())
    if name.endswith(("_total", "_bucket", ":sampled", ":sampled30m")):
        return Series(row, round(0.01 + random.random() * 0.02, 3), "counter", phase)
    if value > 1e9 and ("timestamp" in name or name == "ALERTS_FOR_STATE"):
        return Series(row, value + later, "flat", phase)
    for start, level in LEVELS.items():
        if name.startswith(start):
            return Series(row, level * (0.5 + random.random()), "wave", phase)
    return Series(row, value, "flat", phase)


def _stated(text: str, value: float, random: np.random.Generator, **own: str) -> Series:
    name, _, inside = text.partition("{")
    labels = dict(re.findall(r'(\w+)="([^"]*)"', inside))
    kind = (
        "wave"
        if name.startswith(("pool:", "virtcast_anomaly", "host:vms_", "host:cpu", "host:memory"))
        else "flat"
    )
    kind = "seldom" if name.endswith((":lasting", ":lasting30m")) else kind
    return Series({"__name__": name, **labels, **own}, value, kind, float(random.random()))


def _recorded() -> tuple[list[tuple[dict[str, str], float]], int]:
    """Labels and newest value of each recorded series, and the time of the newest sample."""
    newest: dict[str, float] = {}
    last = 0
    for line in gzip.decompress(RECORDED.read_bytes()).decode().splitlines():
        if line[0] != "#":
            selector, value, at = line.rsplit(" ", 2)
            newest[selector], last = float(value), max(last, int(at))
    rows = []
    for selector, level in newest.items():
        name, _, inside = selector.partition("{")
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)+)"', inside))
        if labels.get("alertstate") != "pending":
            rows.append(({"__name__": name, **labels, **_horizon(name, labels)}, level))
    return rows, last


def _horizon(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The lab's forecasts reach minutes ahead, those of a fleet hours and days."""
    if "horizon" not in labels:
        return {}
    return {"horizon": "1h" if name == "virtcast_forecast_value" else HORIZONS[labels["horizon"]]}
