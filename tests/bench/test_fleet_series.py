"""The fleet of the dashboards' benchmark: series that a Prometheus takes and dashboards read."""

from __future__ import annotations

from collections import Counter

from fleet_series import fleet

END = 1_790_000_000  # seconds


def test_no_two_series_have_the_same_labels() -> None:
    """Prometheus refuses the second one's samples, and with them the whole message."""
    seen = Counter(tuple(sorted(each.labels.items())) for each in fleet(4, 2, END))
    assert [labels for labels, number in seen.items() if number > 1] == []


def test_every_vm_is_on_a_host_and_has_what_is_stated() -> None:
    series = list(fleet(4, 2, END))
    vms = {(each.labels["instance"], each.labels["domain"]) for each in series if "domain" in each.labels}
    assert vms == {(f"host-{number % 2:02}", f"vm-{number:03}") for number in range(4)}
    assert {"host:vms:count", "pool:utilization:ratio", "vm:cpu_utilization:ratio"} <= {
        s.name for s in series
    }
