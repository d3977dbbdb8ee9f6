"""Storage pools."""

from __future__ import annotations

from exporter.snapshot.storage import POOL_FILESYSTEMS, POOLS, Pool, PoolFilesystem

POOL = """<pool type='logical'><name>fast</name><uuid>uuid-fast</uuid><capacity unit='bytes'>1</capacity>
<source><device path='/dev/sdz'/><name>vg0</name></source><target><path>/dev/vg0</path></target></pool>"""
DEAD_POOL = "<pool type='netfs'><name>dead</name></pool>"
READINGS = {
    POOLS: (
        Pool.read(POOL, (2, 3001, 3002, 3003), active=True, autostart=True),
        Pool.read(DEAD_POOL, (0, 9, 9, 9), active=False, autostart=False),
    ),
    POOL_FILESYSTEMS: (PoolFilesystem("images", 3005, 3006, 3007),),
}
VIRSH = """
[stored] pool-info {pool} --bytes
=uuid    UUID                         libvirt_pool_info{pool={pool}}
yes      Autostart                    libvirt_pool_autostart{pool={pool}}
running  State                        libvirt_pool_state{pool={pool},state=running}
1        Capacity                     libvirt_pool_info_capacity_bytes{pool={pool}}
1        Allocation                   libvirt_pool_info_allocation_bytes{pool={pool}}
1        Available                    libvirt_pool_info_available_bytes{pool={pool}}

nobody: virsh says it as of the last refresh only
    libvirt_pool_filesystem_size_bytes libvirt_pool_filesystem_free_bytes
    libvirt_pool_filesystem_available_bytes
"""
