"""Descriptions of domains."""

from __future__ import annotations

from exporter.snapshot.description import Description


def test_xml_that_cannot_be_parsed_is_no_description() -> None:
    assert Description.from_xml("<domain><nova:instance/></domain>") is None


def test_minimal_xml_is_a_description_of_nothing() -> None:
    assert Description.from_xml("<domain/>") == Description()


def test_volumes_and_block_devices_are_named_by_their_source() -> None:
    described = Description.from_xml(
        "<domain><devices><disk type='volume'><source pool='p' volume='v'/><target dev='a'/></disk>"
        "<disk type='block'><source dev='/dev/sdz'/><target dev='b'/></disk></devices></domain>"
    )
    assert described is not None
    assert [disk.source for disk in described.disks] == ["p/v", "/dev/sdz"]
