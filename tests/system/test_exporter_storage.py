"""Orphan volumes: real images of a real pool, used by domains that are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exporting import exporting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Host, Lab

pytestmark = pytest.mark.lab

POOL = "tidy"
COUNT, BYTES = "libvirt_pool_orphan_volumes", "libvirt_pool_orphan_volume_bytes"
DOMAIN = """<domain type='qemu'><name>tenant</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
 <disk type='file'><driver name='qemu' type='qcow2'/><source file='{folder}/overlay.qcow2'/>
  <target dev='vda' bus='virtio'/></disk>
 <disk type='volume'><source pool='tidy' volume='data.raw'/><target dev='vdb' bus='virtio'/></disk>
 <disk type='file' device='cdrom'><source file='{folder}/seed.iso'/><target dev='sda' bus='sata'/></disk>
</devices></domain>"""


@pytest.fixture
def pool(lab: Lab, tmp_path: Path) -> Iterator[Host]:
    """A host with a pool: an overlay on a base, a data disk, a seed, an ISO image, and two orphans."""
    host = lab.hosts[0]
    virsh = host.virsh
    virsh("pool-define-as", POOL, "dir", "--target", str(tmp_path))
    virsh("pool-start", POOL)
    for name, form in (("base.qcow2", "qcow2"), ("old.qcow2", "qcow2")):
        virsh("vol-create-as", POOL, name, "8M", "--format", form)
    virsh(
        "vol-create-as", POOL, "overlay.qcow2", "8M", "--format", "qcow2",
        "--backing-vol", "base.qcow2", "--backing-vol-format", "qcow2",
    )  # fmt: skip
    for name in ("data.raw", "old.raw"):
        virsh("vol-create-as", POOL, name, "4M", "--allocation", "4M", "--format", "raw")
    for name in ("seed.iso", "debian.iso"):  # what `file` and libvirt know an ISO image by
        (tmp_path / name).write_bytes(bytes(32769) + b"CD001\1\0" + bytes(65536))
    virsh("pool-refresh", POOL)
    definition = tmp_path.parent / "tenant.xml"
    definition.write_text(DOMAIN.format(folder=tmp_path))
    virsh("define", str(definition))
    yield host
    virsh("undefine", "tenant")
    virsh("pool-destroy", POOL)
    virsh("pool-undefine", POOL)


def orphans(host: Host) -> dict[str, float]:
    """By name, with bytes; the totals are theirs."""
    with exporting(f"--libvirt.uri={host.read_only_uri}", "--collector.orphan") as exporter:
        page = exporter.until(lambda page: page.value(COUNT, pool=POOL) is not None, "it is read")
    found = {
        labels["volume"]: page.value("libvirt_volume_orphan_bytes", **labels) or 0
        for labels in page.series("libvirt_volume_orphan_bytes")
        if labels["pool"] == POOL
    }
    assert page.value(COUNT, pool=POOL) == len(found)
    assert page.value(BYTES, pool=POOL) == sum(found.values())
    return found


def test_what_no_domain_uses_is_an_orphan(pool: Host) -> None:
    before = orphans(pool)
    assert before.keys() == {"old.qcow2", "old.raw"}
    said = pool.virsh("vol-info", "old.raw", "--pool", POOL, "--bytes")
    assert f"{before['old.raw']:.0f} bytes" in said.splitlines()[-1]
    pool.virsh("detach-disk", "tenant", "vda", "--config")
    assert orphans(pool).keys() == before.keys() | {"overlay.qcow2", "base.qcow2"}
