"""Live migrations that have not begun: verdicts, links by destination, what is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecaster.advice.migration_outlook import ENDLESS, ENDS, UNKNOWN, Outlook, outlooks
from forecaster.advice.migrations import ADVISER
from forecaster.view.inventory import Inventory, Migration, Vm

GIB, MB = 2.0**30, 1e6
WEB = Vm(
    "h1",
    "web",
    state="running",
    maximum_memory_bytes=4 * GIB,
    lowest_free_bytes=2 * GIB,
    dirty_bytes_per_second=10 * MB,
)
LEFT = Migration("h1", "old", "outgoing", 1000.0, 31.0, 0.2, 3e9, 4e9, 1e9, 100 * MB, 0.0)
CAME = replace(LEFT, instance="h2", direction="incoming", ended=1001.0)


def of(vm: Vm, *migrations: Migration) -> Outlook:
    (found,) = outlooks(Inventory(1, (vm,), migrations=migrations))
    return found


def test_memory_and_link_make_a_duration() -> None:
    found = of(WEB, LEFT)
    assert found.verdict == ENDS
    assert found.usual is not None
    # 2 GiB are sent, then a tenth of them, a hundredth …; a second of preparation.
    assert found.usual.seconds == pytest.approx(1.0 + 2 * GIB / (90 * MB), rel=0.01)
    assert found.text() == "24s; it stands still for 200 ms"


def test_a_vm_that_writes_faster_than_can_be_sent_has_no_duration() -> None:
    found = of(replace(WEB, dirty_bytes_per_second=120 * MB), LEFT)
    assert (found.verdict, found.ending) == (ENDLESS, None)
    assert found.text() == "it writes 114 MiB/s, faster than can be sent"


def test_without_a_dirty_rate_or_a_migration_nothing_is_known() -> None:
    assert of(replace(WEB, dirty_bytes_per_second=None), LEFT).verdict == UNKNOWN
    assert of(WEB).verdict == UNKNOWN
    assert of(WEB, replace(LEFT, constant_bytes=None)).verdict == UNKNOWN
    assert of(WEB, CAME).verdict == UNKNOWN


def test_the_past_of_the_vm_itself_tells_its_dirty_rate_wherever_it_was() -> None:
    mine = replace(LEFT, instance="h9", domain="web", dirty_bytes_per_second=50 * MB)
    found = of(replace(WEB, dirty_bytes_per_second=None), mine)
    assert found.memory is not None
    assert found.memory.dirty == 50 * MB


def test_of_vms_of_one_name_each_has_the_migrations_that_led_to_it() -> None:
    """`web` at h4 came from h2, and before from h3; the records at h9 lead to neither."""
    mine, other = replace(WEB, uuid="a"), replace(WEB, instance="h4", uuid="b")
    told = []
    for source, target, ended, dirty in (("h3", "h2", 500.0, 20.0), ("h2", "h4", 900.0, 15.0)):
        left = replace(LEFT, domain="web", instance=source, ended=ended, dirty_bytes_per_second=dirty * MB)
        told += [left, replace(left, instance=target, direction="incoming", ended=ended + 1)]
    told.append(replace(LEFT, domain="web", instance="h9", dirty_bytes_per_second=70 * MB))
    found = outlooks(Inventory(1, (mine, other), migrations=(LEFT, *told)))
    past = {each.labels[1][1]: each.memory for each in found}
    assert past["h1"] == of(mine, LEFT).memory
    assert past["h4"] == of(other, *told[:-1]).memory
    assert past["h4"] is not None
    assert past["h4"].dirty == 20 * MB
    never = [replace(vm, dirty_bytes_per_second=None) for vm in (mine, other)]
    unsure = outlooks(Inventory(1, tuple(never), migrations=tuple(told)))
    assert {each.labels[1][1]: each.verdict for each in unsure} == {"h1": UNKNOWN, "h4": ENDS}


def test_a_vm_that_migrates_now_is_no_namesake_of_its_own() -> None:
    mine = replace(LEFT, instance="h9", domain="web", dirty_bytes_per_second=50 * MB)
    both = replace(WEB, uuid="a"), replace(WEB, uuid="a", instance="h2", state="paused")
    (found,) = outlooks(Inventory(1, both, migrations=(mine,)))
    assert found.memory == of(WEB, mine).memory


def test_a_destination_is_the_host_at_which_the_vm_arrived_then() -> None:
    slow = replace(LEFT, domain="other", bytes_per_second=60 * MB)
    earlier = replace(CAME, instance="h0", ended=500.0)
    found = of(WEB, LEFT, earlier, CAME, slow, replace(slow, instance="h3", direction="incoming"))
    assert found.by_target.keys() == {"h2", "h3"}
    assert found.targets() == ("h2: 24s", "h3: 42s")


def test_links_of_the_source_count_before_those_of_others() -> None:
    other = replace(LEFT, instance="h5", bytes_per_second=500 * MB)
    assert of(WEB, LEFT, other).usual == of(WEB, LEFT).usual
    assert of(WEB, other).usual != of(WEB, LEFT).usual


def test_a_link_is_as_fast_back_as_it_is_there() -> None:
    """From h2 nothing has left but with a limit; the way from h1 tells how fast the wire is."""
    limited = replace(LEFT, instance="h2", domain="back", bytes_per_second=20 * MB)
    here = replace(WEB, instance="h2")
    found = of(here, limited, LEFT, CAME)
    assert found.usual is not None
    assert found.usual.seconds == pytest.approx(24.5, abs=0.5)
    assert found.targets() == ("h1: 24s",)


def test_those_that_do_not_end_come_first_and_vms_that_are_off_not_at_all() -> None:
    vms = (
        WEB,
        replace(WEB, domain="big", maximum_memory_bytes=9 * GIB),
        replace(WEB, domain="hot", dirty_bytes_per_second=120 * MB),
        replace(WEB, domain="new", dirty_bytes_per_second=None),
        replace(WEB, domain="off", state="shut off"),
    )
    found = outlooks(Inventory(1, vms, migrations=(LEFT,)))
    assert [each.labels[0][1] for each in found] == ["hot", "big", "web", "new"]
    assert [ADVISER.advice.shown(each) for each in found] == [True, True, True, False]
