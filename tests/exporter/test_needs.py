"""Needs: each is asked for by a collector and served in one place of the source."""

from __future__ import annotations

from collections import Counter

import pytest

import exporter.snapshot
from exporter.collectors.registry import COLLECTORS, needs
from exporter.discovery import modules
from exporter.snapshot.need import Need, Reading
from exporter.source.groups import FLAGS, GROUPS, NOWAIT, STATE, flags, groups, inactive
from exporter.source.host import Host
from exporter.source.readings.registry import LOCAL, REMOTE, ROWS
from exporter.source.settings import Settings

DECLARED = [
    value
    for module in modules(exporter.snapshot.__name__)
    for name, value in vars(module).items()
    if isinstance(value, Need)
]


def test_each_need_is_declared_once_under_a_name_of_its_own() -> None:
    assert len(DECLARED) > 20
    assert [name for name, times in Counter(one.name for one in DECLARED).items() if times > 1] == []


def test_each_need_is_asked_for_and_nothing_else_is() -> None:
    assert needs(COLLECTORS) == set(DECLARED)


def test_each_need_is_served_by_one_table_of_the_source() -> None:
    host = Host(Settings(uri="test:///default"))
    tables = (GROUPS, FLAGS, REMOTE, LOCAL, host.services)
    host.stop()
    served = Counter(need for table in tables for need in table)
    assert served == dict.fromkeys(DECLARED, 1)
    assert len(ROWS) == len(REMOTE) + len(LOCAL)  # no reading has two rows


def test_readings_have_a_value_in_the_snapshot_and_no_other_need_has() -> None:
    assert {one for one in DECLARED if isinstance(one, Reading)} == REMOTE.keys() | LOCAL.keys()


def test_a_misspelt_need_is_an_error() -> None:
    with pytest.raises(ImportError, match="POOL"):
        exec("from exporter.snapshot.storage import POOL")  # noqa: S102 (what a collector's file would do)


@pytest.mark.parametrize("need", GROUPS, ids=lambda need: need.name)
def test_groups_are_asked_for_by_need(need: Need) -> None:
    assert groups({need}) == GROUPS[need] | STATE


def test_no_needs_are_not_all_groups() -> None:
    """No group at all is every group to libvirt."""
    assert groups(set()) == STATE != 0
    assert flags(set()) == NOWAIT


def test_no_image_of_a_domain_that_is_off_is_opened() -> None:
    (block,) = (group for need, group in GROUPS.items() if need.name == "block")
    every = groups(GROUPS)
    assert every & block
    assert inactive(every) == every & ~block
