"""What to look at first: the order of issues, and one for each VM."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from alert_rules.alerts.exhaustion import ROWS as EXHAUSTIONS
from example_view import make, only, rows_of
from forecaster.advice import exhaustion
from forecaster.advice.confidence import of_anomaly, of_exhaustion, of_neighbour
from forecaster.advice.issues import ACTIONS, ADVISER, TOP, issues, issues_of
from forecaster.advice.neighbours import Neighbour
from forecaster.advice.standstill import Standstill
from forecaster.config.bounds import Bounds
from forecaster.config.durations import horizon
from forecaster.config.resources import RESOURCES
from forecaster.engine.engine import Outlook
from forecaster.engine.reasons import Reasons
from forecaster.view.inventory import Inventory, Pool

if TYPE_CHECKING:
    from forecaster.view.rows import Rows
    from forecaster.view.view import View

NOW = 1_800_000_000
CALM = {"seconds": np.inf, "chance": 0.0, "score": 0.1}
POOL = (("instance", "h1"), ("pool", "images"), ("provider", "libvirt"))
TAKER = Neighbour((("domain", "vm-0"), ("instance", "h1")), "cpu", NOW, 0.9, 0.7, "6 CPUs", ("vm-1",))


def fleet(*found: dict[str, float], labels: tuple[tuple[tuple[str, str], ...], ...] | None = None) -> View:
    """A series for each of what is said of it: seconds to its limit, probability, anomaly score."""
    n = len(found)
    said: dict[str, Any] = {
        name: np.array([{**CALM, **each}[name] for each in found]) for name in ("seconds", "chance", "score")
    }
    outlook = Outlook(
        expected=np.full(n, 0.5),
        lower=np.full(n, 0.4),
        upper=np.full(n, 0.6),
        anomaly_score=said["score"],
        exhaustion_seconds=said["seconds"],
        exhaustion_quantiles=np.tile(said["seconds"], (3, 1)),
        probability=np.tile(said["chance"], (2, 1)),
        forecast=np.full((2, 3, n), 0.5),
        reasons=Reasons(
            trend=np.zeros(n),
            season=np.zeros(n),
            usual=np.full(n, 0.3),
            onset=np.full(n, NOW - 60.0),
            origin=np.full(n, 0.3),
            signs=np.ones((4, n)),
        ),
        ready=np.ones(n, np.bool_),
    )
    own = labels or tuple((("domain", f"vm-{number}"), ("instance", "h1")) for number in range(n))
    bounds = (Bounds(0.9, 0.5, 1.0, 0.03),) * n
    return only(make(), labels=own, values=np.full(n, 0.4), outlook=outlook, bounds=bounds)


def rows(view: View) -> tuple[Rows, ...]:
    return view.fresh(NOW, 900).rows


def test_urgent_issues_come_first() -> None:
    order = [
        {"seconds": 0.0, "chance": 1.0},
        {"seconds": 600.0, "chance": 0.6},
        {"seconds": 80_000.0, "chance": 0.9},
        {"score": 1.5},
        {"score": 1.0},
        {"seconds": 200_000.0, "chance": 0.9},
        {"chance": 0.8},
        {"chance": 0.6},
    ]
    calm = {"chance": 0.4, "score": 0.8}
    shuffled = [order[at] for at in (6, 3, 1, 7, 0, 5, 4, 2)]
    found = issues(rows(fleet(calm, *shuffled, calm)))
    said = [dict(each.labels)["domain"] for each in found]
    places = [said.index(f"vm-{1 + at}") for at in (4, 2, 7, 1, 6, 5, 0, 3)]
    assert places == list(range(8))
    kinds = [each.signs[0].kind for each in found]
    assert kinds == ["exhausted", *["exhaustion_soon"] * 2, *["anomaly"] * 2, *["exhaustion_later"] * 3]


def test_a_vm_is_one_issue() -> None:
    disks = tuple((("domain", "db"), ("instance", "h1"), ("mountpoint", path)) for path in ("/", "/srv"))
    host = (("instance", "h1"),)
    view = fleet({"seconds": 600.0}, {"seconds": 60.0, "score": 1.2}, {"score": 1.1}, labels=(*disks, host))
    first, second = issues(rows(view))
    assert first.labels == (("domain", "db"), ("instance", "h1"))
    assert first.text() == ("vm_cpu (mountpoint=/srv): now 40 %; reaches the limit of 90 % in 1m; and 2 more")
    assert second.labels == host


def test_of_two_full_parts_the_one_that_the_guest_feels_comes_first() -> None:
    labels = ((("domain", "db"), ("instance", "h1")),)
    (known,) = rows(fleet({"seconds": 0.0, "chance": 1.0}, labels=labels))
    image, system = (
        replace(known, resource=replace(known.resource, name=name))
        for name in ("vm_disk_allocation", "vm_filesystem")
    )
    (issue,) = issues([image, system])
    assert [sign.rows.resource.name for sign in issue.signs] == ["vm_filesystem", "vm_disk_allocation"]


WEB = (("domain", "web"), ("instance", "h1"))


def series(name: str, found: dict[str, float], labels: tuple[tuple[str, str], ...] = WEB) -> Rows:
    """A series of the resource of that name."""
    (known,) = rows(fleet(found, labels=(labels,)))
    return replace(known, resource=replace(known.resource, name=name))


FULL, SOON_FULL = {"seconds": 0.0, "chance": 1.0}, {"seconds": 40_000.0, "chance": 0.9}
SEVERAL = {
    "a critical limit before a busy CPU": (
        [series("vm_cpu", FULL), series("vm_filesystem", FULL)],
        ("vm_filesystem", "exhausted", "critical"),
    ),
    "what is severe within a day before an image that was allocated whole": (
        [series("vm_disk_allocation", FULL), series("vm_filesystem", SOON_FULL)],
        ("vm_filesystem", "exhaustion_soon", "warning"),
    ),
    "an image that is whole before one that will be": (
        [series("vm_disk_allocation", SOON_FULL), series("vm_disk_allocation", FULL)],
        ("vm_disk_allocation", "exhausted", "info"),
    ),
    "of two critical limits what the guest feels first": (
        [series("vm_filesystem", FULL), series("vm_memory", FULL)],
        ("vm_memory", "exhausted", "critical"),
    ),
}


@pytest.mark.parametrize("case", SEVERAL)
def test_kind_severity_text_and_action_are_those_of_one_sign(case: str) -> None:
    found, (name, kind, severity) = SEVERAL[case]
    (issue,) = issues(found)
    assert (issue.kind, issue.severity) == (kind, severity)
    assert issue.signs[0].rows.resource.name == name
    assert issue.text().startswith(f"{name}: ")
    assert issue.action() == ACTIONS[name]


def test_of_several_issues_the_severe_ones_come_first() -> None:
    """Five busy VMs and five images do not hide a full pool, nor a file system that will be full."""
    vms = [(("domain", f"vm-{number}"), ("instance", "h1")) for number in range(5)]
    busy = [series("vm_cpu", FULL, vm) for vm in vms]
    images = [series("vm_disk_allocation", FULL, (*vm[:1], ("instance", "h2"))) for vm in vms]
    others = [series("vm_filesystem", SOON_FULL), series("pool", FULL, POOL)]
    found = issues([*busy, *images, *others])
    assert [each.resource for each in found] == [
        "pool",
        *["vm_cpu"] * 5,
        "vm_filesystem",
        *["vm_disk_allocation"] * 5,
    ]


def test_a_vm_that_takes_and_fills_its_file_system_says_both_and_acts_on_what_is_severe() -> None:
    taker = replace(TAKER, labels=WEB, victims=("db",))
    (issue,) = issues([series("vm_filesystem", {**FULL, "score": 1.2})], (taker,))
    assert (issue.kind, issue.severity) == ("exhausted", "critical")
    assert issue.text().startswith("vm_filesystem: 40 %, at the limit of 90 %; and 1 more; uses 6 CPUs more")
    assert issue.action() == ACTIONS["vm_filesystem"]
    (issue,) = issues([series("vm_disk_allocation", FULL)], (taker,))
    assert (issue.kind, issue.severity, issue.action()) == (
        "neighbour",
        "warning",
        "move it to a host with room, or limit it",
    )
    assert issue.text() == taker.text()


@pytest.mark.parametrize("kind", ["logical", "disk", "iscsi", "scsi", "mpath"])
def test_a_pool_of_whole_volumes_is_no_issue_however_full(kind: str) -> None:
    """As its alert: its room is given away when a volume is made, and no VM waits for more."""
    full, unusual = ([series("pool", {**FULL, "score": score}, POOL)] for score in (0.1, 1.5))
    inventory = Inventory(NOW, pools=(Pool("h1", "images", type=kind),))
    assert issues(full, inventory=inventory) == []
    assert [each.kind for each in issues(unusual, inventory=inventory)] == ["anomaly"]
    namesake = Inventory(NOW, pools=(Pool("h1", "images", type="dir"), Pool("h2", "images", type=kind)))
    assert [each.kind for each in issues(full, inventory=namesake)] == ["exhausted"]
    (found,) = full
    view = only(make(), labels=found.labels, values=found.values, outlook=found.outlook, bounds=found.bounds)
    shown = replace(view.resources[0], resource=found.resource, rows=found)
    view = replace(view, resources=(shown,), inventory=namesake)
    assert len(exhaustion.ADVISER.rows(view.fresh(NOW, 900))) == len(issues_of(view.fresh(NOW, 900))) == 1
    view = replace(view, inventory=inventory)
    assert exhaustion.ADVISER.rows(view.fresh(NOW, 900)) == []
    assert issues_of(view.fresh(NOW, 900)) == []


def test_what_a_vm_fills_by_itself_is_not_laid_to_its_neighbour_whatever_else_is_wrong() -> None:
    taker = replace(TAKER, victims=("web",))
    found = issues([series("vm_filesystem", FULL), series("vm_cpu", SOON_FULL)], (taker,))
    issue = found[0]
    assert (issue.kind, issue.severity, issue.cause) == ("exhausted", "critical", None)
    assert issue.text() == "vm_filesystem: 40 %, at the limit of 90 %; and 1 more"
    assert issue.action() == ACTIONS["vm_filesystem"]
    (issue, _) = issues([series("vm_filesystem", SOON_FULL), series("vm_cpu", FULL)], (taker,))
    assert (issue.kind, issue.severity, issue.cause) == ("exhausted", "warning", taker)
    assert issue.text().endswith("likely cause: its neighbour vm-0")


def test_the_page_shows_five() -> None:
    view = fleet(*[{"score": 1.0 + number / 100} for number in range(9)])
    shown = ADVISER.rows(view.fresh(NOW, 900))
    assert len(shown) == TOP == 5
    assert shown[0][:2] == ("unusual, confidence 96 %", "domain=vm-8, instance=h1")


def test_a_limit_without_a_time_says_its_probability() -> None:
    (issue,) = issues(rows(fleet({"chance": 0.8})))
    assert issue.text() == "vm_cpu: now 40 %; reaches the limit of 90 % within 24h, probability 80 %"
    (reached,) = issues(rows(fleet({"seconds": 0.0})))
    assert reached.text() == "vm_cpu: 40 %, at the limit of 90 %"


def test_nothing_is_no_issue() -> None:
    assert issues(rows(fleet(dict(CALM)))) == []
    assert replace(ADVISER, most=1).rows(fleet(dict(CALM)).fresh(NOW, 900)) == []
    assert rows_of(make()).labels


def test_what_a_neighbour_causes_is_its_issue_unless_a_limit_is_reached() -> None:
    names = ("bully", "victim", "full", "other")
    labels = tuple((("domain", name), ("instance", "h1")) for name in names)
    view = fleet(
        {"score": 1.2}, {"score": 1.1}, {"seconds": 0.0, "chance": 1.0}, {"score": 1.3}, labels=labels
    )
    taker = Neighbour(labels[0], "cpu", NOW, 0.8, 0.9, "6 CPUs", ("victim", "full"))
    found = issues(rows(view), (taker,))
    assert [dict(each.labels)["domain"] for each in found] == ["full", "bully", "other"]
    assert [each.kind for each in found] == ["exhausted", "neighbour", "anomaly"]
    assert [len(each.signs) for each in found] == [1, 2, 1]
    assert found[0].text().endswith("likely cause: its neighbour bully")
    assert found[0].action() == "look at its neighbour bully first"
    assert [each.cause is taker for each in found] == [True, False, False]


STORAGE = (("instance", "h1"), ("pool", "images"))


def still(*names: str, storage: tuple[tuple[str, str], ...] = STORAGE) -> list[Standstill]:
    return [Standstill((("domain", name), ("instance", "h1")), storage) for name in names]


def test_a_full_pool_is_one_issue_with_the_vms_that_stand_still_and_comes_first() -> None:
    vm = (("domain", "web"), ("instance", "h1"))
    view = fleet({"seconds": 0.0, "chance": 1.0}, {"seconds": 0.0, "chance": 1.0}, labels=(vm, POOL))
    first, second = issues(rows(view), (), still("web", "db"))
    assert (first.labels, first.kind, first.severity, first.confidence) == (POOL, "stopped", "critical", 1.0)
    assert first.stopped == ("web", "db")
    assert first.text() == "web, db stand still: no room to write; vm_cpu: 40 %, at the limit of 90 %"
    assert first.action() == "extend it, or delete what nobody uses; then virsh resume what stands still"
    assert (second.labels, second.kind) == (vm, "exhausted")
    without = {each.labels: each.id for each in issues(rows(view))}
    assert without[POOL] == first.id


def test_full_storage_without_a_series_is_an_issue_too() -> None:
    thin = (("instance", "h1"), ("thin_pool", "thin"), ("volume_group", "vg"))
    (found,) = issues(rows(fleet(dict(CALM))), (), still("web", storage=thin))
    assert (found.labels, found.kind, found.resource) == (thin, "stopped", "")
    assert found.text() == "web stands still: no room to write"


def test_a_vm_that_stands_still_for_another_reason_is_its_own_issue() -> None:
    vm = (("domain", "web"), ("instance", "h1"))
    view = fleet({"score": 1.2}, {"seconds": 0.0, "chance": 1.0}, labels=(vm, POOL))
    first, second = issues(rows(view), (), still("web", storage=()))
    assert (first.labels, first.kind, first.stopped) == (vm, "stopped", ("web",))
    assert first.text().startswith("stands still: a disk returned an error; vm_cpu: usually 30 %")
    assert first.action() == "ask virsh domblkerror which disk; mend its storage, then virsh resume"
    assert (second.labels, second.kind, second.stopped) == (POOL, "exhausted", ())


def test_of_storage_that_stops_vms_what_stops_the_most_comes_first() -> None:
    other = (("instance", "h1"), ("pool", "backups"))
    found = issues((), (), [*still("a", storage=other), *still("b", "c")])
    assert [each.labels for each in found] == [STORAGE, other]


def test_a_time_beyond_all_horizons_is_that_of_the_trend_and_its_probability_is_of_another_time() -> None:
    view = fleet({"seconds": 40 * 86_400.0, "chance": 0.047})
    (issue,) = issues(rows(view))
    said = "reaches the limit of 90 % in 40d by its trend; within 24h, probability 5 %"
    assert issue.text() == f"vm_cpu: now 40 %; {said}"
    assert ADVISER.rows(view.fresh(NOW, 900))[0][0] == "limit later"


def test_an_issue_keeps_its_id_and_names_a_next_step() -> None:
    view = fleet({"seconds": 600.0, "chance": 0.9}, {"score": 1.2})
    again = fleet({"score": 1.2}, {"seconds": 600.0, "chance": 0.9})
    ids = {each.labels: each.id for each in issues(rows(view))}
    assert ids == {each.labels: each.id for each in issues(rows(again))}
    assert len(set(ids.values())) == 2
    assert [each.action() for each in issues(rows(view))] == [
        "look at what uses its CPUs; see Sizes for how many it needs",
        "ask what changed when it began",
    ]


def onsets(*began: float) -> str:
    """The text of the issue of a VM with two unusual series, by when each began."""
    parts = tuple((("domain", "web"), ("instance", "h1"), ("mountpoint", name)) for name in ("/", "/data"))
    view = fleet({"score": 1.5}, {"score": 1.2}, labels=parts)
    known = rows_of(view)
    outlook = replace(known.outlook, reasons=replace(known.outlook.reasons, onset=np.array(began)))
    (found,) = issues(rows(only(view, outlook=outlook)))
    return found.text()


def test_an_issue_says_what_deviated_first_if_one_series_did() -> None:
    assert onsets(NOW - 60.0, NOW - 120.0).endswith("; deviated first: vm_cpu (mountpoint=/data)")
    assert onsets(NOW - 120.0, NOW - 60.0).endswith("; deviated first: vm_cpu (mountpoint=/)")
    assert "deviated first" not in onsets(NOW - 60.0, NOW - 60.0)
    assert "deviated first" not in onsets(NOW - 60.0, np.nan)


def test_what_a_vm_fills_by_itself_is_not_laid_to_its_neighbour() -> None:
    """Neither merged with the issue of the neighbour, nor with that cause: nobody takes memory from it."""
    labels = tuple((("domain", name), ("instance", "h1")) for name in ("full", "leaks"))
    view = fleet({"seconds": 0.0, "chance": 1.0}, {"score": 1.5}, labels=labels)
    (known,) = rows(view)
    taker = Neighbour(
        (("domain", "bully"), ("instance", "h1")), "cpu", NOW, 0.9, 0.9, "3 CPUs", ("full", "leaks")
    )
    of_cpu = issues([known], [taker])
    assert [each.cause for each in of_cpu if dict(each.labels)["domain"] == "full"] == [taker]
    memory = replace(known, resource=replace(known.resource, name="vm_memory"))
    found = {dict(each.labels)["domain"]: each for each in issues([memory], [taker])}
    assert set(found) == {"full", "leaks", "bully"}
    assert [found[name].cause for name in ("full", "leaks")] == [None, None]


WEEK = 7


@pytest.mark.parametrize(("score", "false_alarms"), [(0.85, 0.7), (1.0, 0.4), (1.15, 0.22), (1.3, 0.15)])
def test_an_anomaly_is_as_sure_as_its_score_is_rare(score: float, false_alarms: float) -> None:
    """Of the series without a fault, as config/resource.py tells them, so many have none in a day."""
    (of,) = rows(fleet({"score": score}))
    assert of_anomaly(of, 0) == pytest.approx(math.exp(-false_alarms / WEEK), abs=0.006)
    dull = replace(of, bounds=(replace(of.bounds[0], anomaly_threshold=1.3),))
    assert of_anomaly(dull, 0) > of_anomaly(of, 0)


def test_a_limit_in_sight_is_as_sure_as_it_is_probable_within_a_day_or_its_horizon() -> None:
    view = fleet({"seconds": 600.0}, {"seconds": 80_000.0}, {"seconds": 1e7}, {"chance": 0.6})
    (of,) = rows(view)
    of = replace(of, outlook=replace(of.outlook, probability=np.array([[0.1] * 4, [0.4] * 4, [0.8] * 4])))
    long = replace(of, resource=replace(of.resource, horizons=tuple(map(horizon, ("1h", "24h", "7d")))))
    assert [of_exhaustion(long, row) for row in range(4)] == [0.4, 0.4, 0.8, 0.8]
    short = replace(of, resource=replace(of.resource, horizons=tuple(map(horizon, ("1m", "5m", "1h")))))
    assert [of_exhaustion(short, row) for row in range(4)] == [0.8] * 4


def test_a_neighbour_is_as_sure_as_its_weaker_evidence() -> None:
    assert of_neighbour(TAKER) == 0.7
    assert of_neighbour(replace(TAKER, share=0.6)) == 0.6


def test_an_issue_is_as_sure_as_the_most_urgent_of_what_is_wrong() -> None:
    view = fleet({"score": 2.0}, {"seconds": 0.0, "chance": 0.3}, {"seconds": 9e4, "chance": 0.8}, {})
    found = issues(rows(view), (replace(TAKER, victims=("vm-3",)),))
    told = [(each.kind, each.severity, each.confidence) for each in found]
    assert told == [
        ("exhausted", "warning", 1.0),
        ("neighbour", "warning", 0.7),
        ("exhaustion_later", "info", 0.8),
    ]


def test_the_table_says_how_sure_what_is_not_measured_is() -> None:
    view = fleet({"seconds": 0.0, "chance": 1.0}, {"seconds": 600.0, "chance": 0.83})
    assert [cells[0] for cells in ADVISER.rows(view.fresh(NOW, 900))] == [
        "at its limit",
        "limit within a day, confidence 83 %",
    ]


def test_a_reached_limit_is_as_severe_as_its_alert() -> None:
    alerts = {row.resource: row.actual_severity for row in EXHAUSTIONS}
    for resource in RESOURCES:
        if resource.name in alerts:
            (of,) = rows(fleet({"seconds": 0.0, "chance": 1.0}))
            (found,) = issues([replace(of, resource=replace(of.resource, name=resource.name))])
            assert (resource.name, found.severity) == (resource.name, alerts[resource.name])
