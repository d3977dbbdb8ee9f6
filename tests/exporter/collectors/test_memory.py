"""Memory of domains."""

from __future__ import annotations

STATISTICS = {
    "balloon.current": 8008,
    "balloon.maximum": 9009,
    "balloon.swap_in": 10010,
    "balloon.swap_out": 11011,
    "balloon.major_fault": 12012,
    "balloon.minor_fault": 13013,
    "balloon.unused": 14014,
    "balloon.available": 15015,
    "balloon.usable": 16016,
    "balloon.last-update": 17017,
    "balloon.disk_caches": 18018,
    "balloon.hugetlb_pgalloc": 19019,
    "balloon.hugetlb_pgfail": 20020,
    "balloon.rss": 21021,
}
VIRSH = """
[suspended] domstats {domain} --raw
KiB      balloon.current              libvirt_domain_memory_stats_actual_balloon_bytes
KiB      balloon.rss                  libvirt_domain_memory_stats_rss_bytes
KiB      balloon.available            libvirt_domain_memory_stats_available_bytes
KiB      balloon.unused               libvirt_domain_memory_stats_unused_bytes
KiB      balloon.usable               libvirt_domain_memory_stats_usable_bytes
KiB      balloon.disk_caches          libvirt_domain_memory_stats_disk_caches_bytes
KiB      balloon.swap_in              libvirt_domain_memory_stats_swap_in_bytes
KiB      balloon.swap_out             libvirt_domain_memory_stats_swap_out_bytes
1        balloon.major_fault          libvirt_domain_memory_stats_major_fault_total
1        balloon.minor_fault          libvirt_domain_memory_stats_minor_fault_total
1        balloon.hugetlb_pgalloc      libvirt_domain_memory_stats_hugetlb_pgalloc_total
1        balloon.hugetlb_pgfail       libvirt_domain_memory_stats_hugetlb_pgfail_total
1        balloon.last-update          libvirt_domain_memory_stats_last_update_timestamp_seconds

[suspended] dommemstat {domain}
KiB      actual                       libvirt_domain_memory_stats_actual_balloon_bytes
KiB      rss                          libvirt_domain_memory_stats_rss_bytes
KiB      available                    libvirt_domain_memory_stats_available_bytes
KiB      unused                       libvirt_domain_memory_stats_unused_bytes
KiB      usable                       libvirt_domain_memory_stats_usable_bytes
KiB      disk_caches                  libvirt_domain_memory_stats_disk_caches_bytes
1        minor_fault                  libvirt_domain_memory_stats_minor_fault_total
1        last_update                  libvirt_domain_memory_stats_last_update_timestamp_seconds
"""
