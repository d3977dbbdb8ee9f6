"""Descriptions of domains."""

from __future__ import annotations

import pytest

from exporter.snapshot.description import Description


def test_xml_that_cannot_be_parsed_is_no_description() -> None:
    assert Description.from_xml("<domain><nova:instance/></domain>") is None


def test_minimal_xml_is_a_description_of_nothing() -> None:
    assert Description.from_xml("<domain/>") == Description()


# By the type of the disk, as libvirt 9.0 documents its <source>.
SOURCES = (
    ("file", "<source file='/images/a.raw'/>", "/images/a.raw"),
    ("block", "<source dev='/dev/sdz'/>", "/dev/sdz"),
    ("dir", "<source dir='/export'/>", "/export"),
    ("volume", "<source pool='p' volume='v'/>", "p/v"),
    ("network", "<source protocol='rbd' name='pool/image'><host name='ceph'/></source>", "rbd:pool/image"),
    (
        "nvme",
        (
            "<source type='pci' managed='yes' namespace='1'>"
            "<address domain='0x0000' bus='0x01' slot='0x1f' function='0x2'/></source>"
        ),
        "0000:01:1f.2/1",
    ),
    (
        "vhostuser",
        "<source type='unix' path='/run/blk.sock'><reconnect enabled='yes'/></source>",
        "/run/blk.sock",
    ),
    ("vhostvdpa", "<source dev='/dev/vhost-vdpa-0'/>", "/dev/vhost-vdpa-0"),
    ("file", "", ""),
)


@pytest.mark.parametrize(("kind", "source", "named"), SOURCES, ids=lambda part: part[:9])
def test_every_type_of_disk_is_named_by_its_source(kind: str, source: str, named: str) -> None:
    disk = f"<disk type='{kind}'>{source}<target dev='a'/></disk>"
    described = Description.from_xml(f"<domain><devices>{disk}</devices></domain>")
    assert described is not None
    (found,) = described.disks
    assert (found.source_type, found.source) == (kind, named)
