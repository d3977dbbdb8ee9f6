"""What deviated together, and first: on plain values, and on series in which a cause precedes its effects."""

from __future__ import annotations

import numpy as np

from forecaster.advice.together import Group, Onset, groups
from forecaster.engine.anomaly import SIGNS
from forecaster.replay import replay

START, STEP, BEGIN, STEPS = 1_700_000_100, 300, 800, 820


def onset(at: float, resource: str, **labels: str) -> Onset:
    return Onset(at, resource, tuple(sorted(labels.items())))


def names(group: Group) -> list[str]:
    return [each.resource for each in group.onsets]


def test_the_anomalies_of_a_vm_stand_in_the_order_of_their_begin() -> None:
    found = groups(
        [
            onset(900, "vm_cpu", instance="h1", domain="web"),
            onset(300, "vm_disk_latency", instance="h1", domain="web", target_device="vda"),
            onset(600, "vm_memory", instance="h1", domain="web"),
            onset(100, "vm_cpu", instance="h2", domain="web"),
        ]
    )
    assert [group.of for group in found] == [(("instance", "h1"), ("domain", "web"))]
    assert names(found[0]) == ["vm_disk_latency", "vm_memory", "vm_cpu"]
    assert [each.resource for each in found[0].first] == ["vm_disk_latency"]


def test_several_vms_of_a_host_are_a_matter_of_the_host() -> None:
    found = groups(
        [
            onset(600, "vm_cpu_steal", instance="h1", domain="web"),
            onset(600, "vm_cpu_steal", instance="h1", domain="db"),
            onset(300, "host_cpu", instance="h1"),
            onset(300, "vm_cpu", instance="h1", domain="batch"),
        ]
    )
    assert [group.of for group in found] == [(("instance", "h1"),)]
    assert len(found[0].onsets) == 4
    assert [each.resource for each in found[0].first] == ["host_cpu", "vm_cpu"], "in the same step"


def test_one_anomaly_is_no_group() -> None:
    assert groups([onset(1, "vm_cpu", instance="h1", domain="web"), onset(1, "pool", pool="x")]) == []
    alone = [
        onset(1, "vm_cpu", instance="h1", domain="web"),
        onset(2, "vm_memory", instance="h1", domain="web"),
    ]
    assert [dict(group.of) for group in groups(alone)] == [{"instance": "h1", "domain": "web"}]


def test_the_largest_group_comes_first_whatever_the_order_of_the_input() -> None:
    given = [
        onset(at, resource, instance=host, domain="web")
        for host, ats in (("h1", (900, 800)), ("h2", (400, 300, 500)))
        for at, resource in zip(ats, ("a", "b", "c"), strict=False)
    ]
    found = groups(given)
    assert [dict(group.of)["instance"] for group in found] == ["h2", "h1"]
    assert groups(reversed(given)) == found


def test_a_cause_precedes_its_effects_in_what_the_engine_says() -> None:
    """Slow disks first; ten minutes later the VMs wait and steal rises, the CPU's use falls."""
    rng = np.random.default_rng(8)
    day = np.sin(2 * np.pi * np.arange(STEPS) / 288)
    latency = 0.004 * (1 + 0.1 * rng.standard_normal(STEPS)) + 0.001 * day
    steal = np.abs(0.01 + 0.003 * rng.standard_normal(STEPS))
    cpu = 0.5 + 0.2 * day + 0.02 * rng.standard_normal(STEPS)
    memory = 0.6 + 0.01 * rng.standard_normal(STEPS)
    latency[BEGIN : BEGIN + 4] += 0.08  # over before the effects are
    steal[BEGIN + 2 :] += 0.3
    cpu[BEGIN + 3 :] -= 0.45
    resources = ("vm_disk_latency", "vm_cpu_steal", "vm_cpu", "vm_memory")
    times = START + STEP * np.arange(STEPS)
    reasons = replay([latency, steal, cpu, memory], times, horizons=(3600,)).reasons
    now = BEGIN + 6
    known = [
        onset(float(reasons.onset[row, now]), resource, instance="h1", domain="web")
        for row, resource in enumerate(resources)
        if np.isfinite(reasons.onset[row, now])
    ]
    (group,) = groups(known)
    assert names(group) == ["vm_disk_latency", "vm_cpu_steal", "vm_cpu"]
    assert [each.at for each in group.onsets] == [times[BEGIN], times[BEGIN + 2], times[BEGIN + 3]]
    for row, begin in enumerate((BEGIN, BEGIN + 2, BEGIN + 3)):
        alarming = reasons.signs[row, begin, : SIGNS.index("displacement")]
        assert SIGNS[alarming.argmax()] == "residual"
