"""Names of Tinkoff's exporter, of values that other collectors' tests have."""

from __future__ import annotations

VIRSH = """
[suspended] domstats {domain} --raw
1        state.state                  libvirt_domain_info_vstate
KiB      balloon.disk_caches          libvirt_domain_memory_stats_disk_cache_bytes
1        block.0.allocation           libvirt_domain_block_stats_allocation
1        block.0.physical             libvirt_domain_block_stats_physicalsize_bytes

[suspended] dominfo {domain}
=uuid    UUID                         libvirt_domain_info_meta

[suspended] domblklist {domain}
=source_file  vda                     libvirt_domain_block_meta

[suspended] domiflist {domain}
=source_bridge   source               libvirt_domain_interface_meta
"""
