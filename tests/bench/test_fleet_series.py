"""The fleet of the dashboards' benchmark: series that a Prometheus takes and dashboards read."""

from __future__ import annotations

from collections import Counter

import numpy as np

from alert_rules.anomaly import ONSET
from alert_rules.fleet_aggregates import OF_EACH_HOST, SAMPLED
from fleet_series import BEGUN, IN_TROUBLE, LASTING, SCORE, SELDOM, fleet

END = 1_790_000_000  # seconds


def test_no_two_series_have_the_same_labels() -> None:
    """Prometheus refuses the second one's samples, and with them the whole message."""
    seen = Counter(tuple(sorted(each.labels.items())) for each in fleet(4, 2, END))
    assert [labels for labels, number in seen.items() if number > 1] == []


def test_one_vm_in_so_many_is_anomalous() -> None:
    begun = {
        each.labels["domain"]: each.level
        for each in fleet(IN_TROUBLE + 1, 2, END)
        if each.name == "virtcast_anomaly_onset_timestamp_seconds"
    }
    assert begun == {"vm-000": END - BEGUN, f"vm-{IN_TROUBLE:03}": END - BEGUN}


def test_what_lasts_now_is_what_has_a_score() -> None:
    """Tables of now read either."""
    now = np.array([END])
    found = {
        name: {
            each.labels["domain"]
            for each in fleet(3 * SELDOM, 2, END)
            if each.name == name and each.values(now, np.zeros(1))[0] >= ONSET
        }
        for name in (SCORE, LASTING)
    }
    assert found[SCORE] == found[LASTING]
    assert len(found[SCORE]) == 1 + (3 * SELDOM - 1) // IN_TROUBLE


def test_every_vm_is_on_a_host_and_has_what_is_stated() -> None:
    series = list(fleet(4, 2, END))
    vms = {(each.labels["instance"], each.labels["domain"]) for each in series if "domain" in each.labels}
    assert vms == {(f"host-{number % 2:02}", f"vm-{number:03}") for number in range(4)}
    names = {each.name for each in series}
    assert {"host:vms:count", "pool:utilization:ratio", "vm:cpu_utilization:ratio"} <= names
    assert {f"{name}:avg30m" for name in OF_EACH_HOST} | {f"{name}:sampled30m" for name in SAMPLED} <= names
