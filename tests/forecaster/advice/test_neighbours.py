"""Who takes what its neighbours lack: named when there is one, and nobody otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bullies import NOW, bully, no_bully
from forecaster.advice.issues import issues
from forecaster.advice.neighbours import causes, correlation, neighbours, onset
from forecaster.advice.signs import NEIGHBOUR
from forecaster.view.rollups import Rollup, Rollups

PLANTED = 40


def test_the_vm_that_takes_is_named_first_in_nine_of_ten_cases() -> None:
    found = [(neighbours(steps, inventory), name) for steps, inventory, name in map(bully, range(PLANTED))]
    right = sum(bool(named) and dict(named[0].labels)["domain"] == name for named, name in found)
    wrong = sum(bool(named) and dict(named[0].labels)["domain"] != name for named, name in found)
    assert right >= 0.9 * PLANTED
    assert wrong == 0


def test_nobody_is_named_where_nobody_is_to_blame() -> None:
    assert [seed for seed in range(PLANTED) if neighbours(*no_bully(seed))] == []


def test_the_same_holds_for_disks_by_their_latency() -> None:
    steps, inventory, name = bully(1)
    use, steal = steps["cpu"], steps["steal"]
    tables = {
        "disk": Rollup(use.labels, use.ends, 1e8 * use.mean, use.mean),
        "latency": Rollup(steal.labels, steal.ends, steal.mean, steal.mean),
    }
    (found,) = neighbours(Rollups(steps.every, tables), inventory)
    assert (found.contest, dict(found.labels)["domain"]) == ("disk", name)
    assert found.text().endswith("wait for their disks")


def test_a_vm_that_was_made_smaller_takes_no_more_than_before() -> None:
    """It has an eighth of the CPUs since an hour, and is eight times as busy with the same work."""
    steps, inventory, name = bully(1)
    sizes = [1.0 if vm.domain == name else float(vm.virtual_cpus or 0) for vm in inventory.vms]
    vms = tuple(replace(vm, virtual_cpus=size) for vm, size in zip(inventory.vms, sizes, strict=True))
    known = replace(inventory, vms=vms)
    use = steps["cpu"]
    column = use.labels.index(("h1", name))
    (since,) = {each.since for each in neighbours(steps, inventory)}
    busy = use.ends >= since
    level = use.mean.copy()
    level[:, column] = np.where(busy, 0.96, 0.12)
    hours = np.arange(use.ends[0] // 3600 - 1, use.ends[-1] // 3600 + 1) * 3600
    had = np.tile(np.array(sizes, np.float32), (len(hours), 1))
    had[hours < since + 3600, column] = 8.0
    had[hours >= since, column] = 1.0
    past = Rollups(3600, {"vm_size": Rollup(tuple((*key, "cpu") for key in use.labels), hours, had, had)})
    told = steps.having("cpu", Rollup(use.labels, use.ends, level, level))
    assert [dict(each.labels)["domain"] for each in neighbours(told, known)] == [name]
    assert neighbours(told, known, past) == ()


def test_the_evidence_is_told() -> None:
    steps, inventory, name = bully(1)
    (found,) = neighbours(steps, inventory)
    assert found.labels == (("domain", name), ("instance", "h1"))
    assert NOW - 40 * 300 < found.since < NOW
    assert name not in found.victims
    assert "of the rise on its host" in found.text()
    assert set(causes([found])) == {(("domain", victim), ("instance", "h1")) for victim in found.victims}


def test_it_is_one_issue_with_its_victims() -> None:
    steps, inventory, name = bully(1)
    (issue,) = issues((), neighbours(steps, inventory))
    assert (issue.kind, dict(issue.labels)["domain"]) == (NEIGHBOUR, name)
    assert issue.action() == "move it to a host with room, or limit it"
    assert issue.id == issues((), neighbours(steps, inventory))[0].id


def test_onset_and_correlation_of_a_step() -> None:
    step = np.repeat([1.0, 5.0], [60, 40])
    assert onset(step) == 60
    assert correlation(step, 2 * step + 1) == 1.0
    assert correlation(step, np.ones(100)) == 0.0
