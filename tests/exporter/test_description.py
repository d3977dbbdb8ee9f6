"""What a domain's XML says beyond its name: placement, host devices, limits, and hostile metadata."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exporter.collectors import interface
from exporter.collectors import metadata as collector
from exporter.snapshot.description import Description
from exporter.snapshot.hostdev import Hostdev
from exporter.snapshot.metadata import LONGEST, TRUNCATED, UNREADABLE, Metadata, Nova, Ownership
from exporter.snapshot.placement import HugePages, NumaCell, cpus

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

NOVA = "xmlns:nova='http://openstack.org/xmlns/libvirt/nova/{}'"
OWN = "xmlns:v='urn:virtcast:domain:1.0'"


def described(inner: str) -> Description:
    """The description of a domain with this in its XML."""
    found = Description.from_xml(f"<domain type='kvm'><title>t</title>{inner}</domain>")
    assert found is not None
    return found


def with_metadata(inner: str) -> Metadata:
    """The metadata read from this."""
    return described(f"<metadata>{inner}</metadata>").metadata


@pytest.mark.parametrize(
    ("cpuset", "count"),
    [("0", 1), ("0-3", 4), ("0-3,^2,8", 4), ("1,1,1-2", 2), ("^1", 0), ("", None), ("a-b", None)],
)
def test_cpus_of_a_set(cpuset: str, count: int | None) -> None:
    assert cpus(cpuset) == count


def test_a_negative_quota_is_no_limit() -> None:
    tune = "<cputune><period>100000</period><quota>{}</quota></cputune>"
    assert described(tune.format(-1)).placement.cpu_limit is None
    assert described(tune.format(50_000)).placement.cpu_limit == 0.5


def test_memory_sizes_have_units_and_hugepages_may_have_no_size() -> None:
    placement = described(
        "<memoryBacking><hugepages/></memoryBacking>"
        "<cpu><numa><cell cpus='0' memory='2'/><cell cpus='1' memory='3' unit='GB'/>"
        "<cell cpus='2' memory='x'/></numa></cpu>"
    ).placement
    assert placement.hugepages == (HugePages(None),)
    assert placement.cells == (
        NumaCell("0", "0", 2048), NumaCell("1", "1", 3_000_000_000), NumaCell("2", "2", None),
    )  # fmt: skip


def test_host_devices_by_type() -> None:
    devices = described(
        "<devices>"
        "<hostdev type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>"
        "<hostdev type='usb'><source><address bus='1' device='4'/></source></hostdev>"
        "<hostdev type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='2' unit='7'/>"
        "</source></hostdev>"
        "<hostdev type='scsi_host'><source wwpn='naa.5123'/></hostdev>"
        "<hostdev type='pci'/>"
        "<interface type='hostdev' managed='yes'><source>"
        "<address type='pci' domain='0x0' bus='0x7' slot='0x10' function='0x1'/></source></interface>"
        "</devices>"
    ).hostdevs
    assert devices == (
        Hostdev("hostdev0", "usb", source="1234:beef"),
        Hostdev("hostdev1", "usb", source="1:4"),
        Hostdev("hostdev2", "scsi", source="scsi_host0:0:2:7"),
        Hostdev("hostdev3", "scsi_host", source="naa.5123"),
        Hostdev("hostdev4", "pci"),
        Hostdev("hostdev5", "pci", source="0000:07:10.1", managed="yes"),
    )


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_both_versions_of_novas_metadata(version: str) -> None:
    nova = with_metadata(
        f"<nova:instance {NOVA.format(version)}><nova:name>n</nova:name></nova:instance>"
    ).nova
    assert nova == Nova("n")


def test_metadata_set_by_virsh_has_no_namespace_inside() -> None:
    own = with_metadata(f"<v:domain {OWN}><owner>o</owner><cost-centre>c</cost-centre></v:domain>").ownership
    assert own == Ownership(owner="o", cost_centre="c")


def test_other_metadata_is_none_of_ours() -> None:
    assert with_metadata("<x:y xmlns:x='urn:x'><owner>o</owner></x:y><z/>") == Metadata()


def test_metadata_that_spoils_the_xml_is_left_out_and_the_rest_read() -> None:
    found = described("<metadata><unbound:a>x</unbound:a></metadata><vcpu cpuset='1'>1</vcpu>")
    assert (found.title, found.placement.cpuset) == ("t", "1")
    assert found.metadata == Metadata(problems=(UNREADABLE,))


def test_good_metadata_is_read_even_beside_bad() -> None:
    """What libvirt makes of <b:c/>, set within <a> without a declaration of b."""
    bad = "<x:a xmlns:x='urn:x'><x:b:c/></x:a>"
    found = with_metadata(
        f"{bad}<nova:instance {NOVA.format('1.0')}><nova:name>n</nova:name></nova:instance>"
        f"<v:domain {OWN}><v:owner>o</v:owner></v:domain>{bad}"
    )
    assert found == Metadata(Nova("n"), Ownership("o"), (UNREADABLE,))
    assert with_metadata(f"<v:domain {OWN}><v:b:c/></v:domain>") == Metadata(problems=(UNREADABLE,))


def test_long_values_are_cut_and_said_to_be() -> None:
    found = with_metadata(f"<v:domain {OWN}><v:owner>{'é' * 4096}</v:owner></v:domain>")
    assert found.ownership is not None
    assert found.ownership.owner == "é" * (LONGEST - 1) + "…"
    assert found.problems == (TRUNCATED,)
    assert len(described("").title) == 1


def test_times_that_are_none_are_none() -> None:
    inner = "<nova:creationTime>yesterday</nova:creationTime>"
    nova = with_metadata(f"<nova:instance {NOVA.format('1.1')}>{inner}</nova:instance>").nova
    assert nova is not None
    assert nova.created is None


def test_nova_writes_utc_wherever_the_exporter_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = "<nova:creationTime>2026-01-02 03:04:05</nova:creationTime>"
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        nova = with_metadata(f"<nova:instance {NOVA.format('1.1')}>{inner}</nova:instance>").nova
    finally:
        monkeypatch.undo()
        time.tzset()
    assert nova is not None
    assert nova.created == 1_767_323_045


@pytest.mark.parametrize(("link", "up"), [("", 1), ("<link state='up'/>", 1), ("<link state='down'/>", 0)])
def test_a_link_is_up_unless_it_is_said_to_be_down(snapshot: Snapshot, link: str, up: int) -> None:
    nic = f"<devices><interface type='bridge'><target dev='vnet1'/>{link}</interface></devices>"
    domain = replace(snapshot.domains[0], description=described(nic))
    samples = interface.collect(replace(snapshot, domains=(domain,)))
    assert [one.value for one in samples if one.metric is interface.LINK] == [up]


def test_skipped_metadata_is_counted_by_reason(snapshot: Snapshot) -> None:
    domains = tuple(
        replace(snapshot.domains[0], description=Description(metadata=Metadata(problems=problems)))
        for problems in ((UNREADABLE,), (TRUNCATED,), (TRUNCATED,), ())
    )
    samples = collector.collect(replace(snapshot, domains=domains))
    counts = {one.labels[0]: one.value for one in samples if one.metric is collector.SKIPPED}
    assert counts == {UNREADABLE: 1, TRUNCATED: 2}
