"""Needs: each is asked for by a collector and served in one place of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

import exporter.snapshot
from example_host import example_host
from exporter.collectors.registry import COLLECTORS, needs
from exporter.discovery import modules
from exporter.snapshot.need import Need, Reading
from exporter.source.groups import FLAGS, GROUPS, NOWAIT, STATE, flags, groups, inactive
from exporter.source.host import Host
from exporter.source.readings.registry import LOCAL, REMOTE, ROWS
from exporter.source.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.collectors.row import Collector

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


@dataclass
class Watched(Mapping[Reading[Any], Any]):
    """The readings of a snapshot; keeps which ones were looked up."""

    readings: Mapping[Reading[Any], Any]
    asked: set[Reading[Any]] = field(default_factory=set)

    def __getitem__(self, reading: Reading[Any]) -> Any:
        self.asked.add(reading)
        return self.readings[reading]

    def __iter__(self) -> Iterator[Reading[Any]]:
        return iter(self.readings)

    def __len__(self) -> int:
        return len(self.readings)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda one: one.name)
def test_a_collector_reads_what_it_needs_and_nothing_else(collector: Collector) -> None:
    snapshot = example_host()
    watched = Watched(snapshot.readings)
    assert list(collector.collect(replace(snapshot, readings=watched)))
    assert watched.asked == {need for need in collector.needs if isinstance(need, Reading)}


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
