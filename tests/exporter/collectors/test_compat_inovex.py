"""Names of inovex' exporter, of values that other collectors' tests have."""

from __future__ import annotations

VIRSH = """
[suspended] domstats {domain} --raw
1        state.state                  libvirt_domain_info_state
1        vcpu.current                 libvirt_domain_vcpu_current
1        vcpu.maximum                 libvirt_domain_vcpu_maximum
KiB      balloon.maximum              libvirt_domain_memory_stats_maximum_bytes
KiB      balloon.current              libvirt_domain_memory_stats_current_balloon_bytes

[moving] domjobinfo {domain} --rawstats
ms       time_elapsed                 libvirt_domain_job_time_elapsed_seconds
1        memory_total                 libvirt_domain_job_mem_total_bytes
1        memory_processed             libvirt_domain_job_mem_processed_bytes
1        memory_remaining             libvirt_domain_job_mem_remaining_bytes
1        Job type                     libvirt_domain_job_type

[stored] pool-info {pool} --bytes
1        Capacity                     libvirt_storage_pool_capacity_bytes{storage_pool={pool}}
1        Allocation                   libvirt_storage_pool_allocation_bytes{storage_pool={pool}}
1        Available                    libvirt_storage_pool_available_bytes{storage_pool={pool}}

nobody: it is the exporter's own
    libvirt_domain_timed_out

nobody: states as words; libvirt's numbers for them are above
    libvirt_storage_pool_state

nobody: QEMU of this version does not say it, or only on other architectures
    libvirt_domain_job_time_remaining_seconds
"""
