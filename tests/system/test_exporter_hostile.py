"""What tenants and careless tools write into domains: escaped, or cut or skipped and counted."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

import pytest

from exporting import exporting
from lab import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporting import Exporter
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

NOVA = "http://openstack.org/xmlns/libvirt/nova/1.1"
OLD_NOVA = "http://openstack.org/xmlns/libvirt/nova/1.0"
INFO, SKIPPED = "libvirt_domain_openstack_info", "libvirt_domains_metadata_skipped"
BROKEN = (
    "<a><undeclared:b/></a>"  # what `virsh metadata` takes, and libvirt then writes though nobody can read it
)


def instance(name: str, space: str = NOVA, prefix: str = "nova") -> str:
    """Metadata as Nova writes it."""
    named = f"<{prefix}:name>{name}</{prefix}:name>"
    return f'<{prefix}:instance xmlns:{prefix}="{space}">{named}</{prefix}:instance>'


class Case(NamedTuple):
    """Metadata, the instance's name on the page (None: no such series), and why some of it is missing."""

    what: str
    metadata: str
    name: str | None
    reason: str = ""
    broken: bool = False


METADATA = (
    Case("quotes and a newline", instance('"a"\n\\b\\'), '"a"\n\\b\\'),
    Case("markup", instance("&lt;/nova:name&gt;&amp;#10;{}"), "</nova:name>&#10;{}"),
    Case("other writing", instance("虚拟机 é \U0001f5a5"), "虚拟机 é \U0001f5a5"),
    Case("4 kB", instance("n" * 4096), "n" * 255 + "…", "truncated"),
    Case("both versions", instance("old", OLD_NOVA, "old") + instance("new"), "old"),
    Case("an unknown version", instance("x", NOVA.replace("1.1", "9.9")), None),
    Case("no fields", f'<nova:instance xmlns:nova="{NOVA}"/>', ""),
    Case("another's broken namespace", instance("mine"), "mine", "unreadable", broken=True),
)


@pytest.fixture(scope="module")
def exporter(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Exporter]:
    assert fleet
    with exporting(f"--libvirt.uri={lab.hosts[0].read_only_uri}") as running:
        running.until(lambda page: page.value("libvirt_up") == 1, "libvirt is up")
        yield running


def definition(name: str, metadata: str = "") -> str:
    return (
        f"<domain type='qemu'><name>{name}</name><metadata>{metadata}</metadata>"
        "<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    )


@pytest.mark.parametrize("case", METADATA, ids=lambda case: case.what)
def test_metadata_is_escaped_cut_or_skipped(lab: Lab, exporter: Exporter, tmp_path: Path, case: Case) -> None:
    virsh, file = lab.hosts[0].virsh, tmp_path / "domain.xml"
    before = exporter.scrape()
    counts = {reason: before.value(SKIPPED, reason=reason) for reason in ("truncated", "unreadable")}
    expected = {reason: (count or 0) + (reason == case.reason) for reason, count in counts.items()}
    file.write_text(definition("hostile", case.metadata))
    virsh("define", str(file))
    try:
        if case.broken:
            virsh("metadata", "hostile", "urn:x", "--key", "x", "--set", BROKEN, "--config")
        page = exporter.until(
            lambda page: (
                page.value("libvirt_domain_info", domain="hostile") == 1
                and {reason: page.value(SKIPPED, reason=reason) for reason in counts} == expected
            ),
            "the domain is described, and what is missing counted",
        )
    finally:
        virsh("undefine", "hostile")
    assert page.labels(INFO, domain="hostile").get("instance_name") == case.name


@pytest.mark.parametrize("written", ["a&#10;b", "a&#13;b", "a/b", " ", "&#1;"])
def test_a_name_is_refused_by_libvirt_or_escaped(
    lab: Lab, exporter: Exporter, tmp_path: Path, written: str
) -> None:
    """Which of these libvirt takes is its own matter, and changes with its versions."""
    virsh, file = lab.hosts[0].virsh, tmp_path / "domain.xml"
    uuid = "5a1c0b9e-0000-4000-8000-0123456789ab"
    file.write_text(definition(written, "").replace("<memory", f"<uuid>{uuid}</uuid><memory", 1))
    with suppress(LabError):
        virsh("define", str(file))
    if uuid not in virsh("list", "--all", "--uuid"):
        assert exporter.scrape().labels("libvirt_domain_info", uuid=uuid) == {}
        return
    try:
        exporter.until(lambda page: bool(page.labels("libvirt_domain_info", uuid=uuid)), "it is described")
    finally:
        virsh("undefine", uuid)


def test_the_longest_name_is_whole(lab: Lab, exporter: Exporter, tmp_path: Path) -> None:
    name = "n" * 200 + escape("<>&\"'")
    file = tmp_path / "domain.xml"
    file.write_text(definition(name))
    lab.hosts[0].virsh("define", str(file))
    shown = "n" * 200 + "<>&\"'"
    try:
        exporter.until(lambda page: page.value("libvirt_domain_info", domain=shown) == 1, "it is described")
    finally:
        lab.hosts[0].virsh("undefine", shown)
