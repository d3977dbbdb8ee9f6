"""Perf events of domains."""

from __future__ import annotations

STATISTICS = {
    "perf.cmt": 51051,
    "perf.cpu_cycles": 52052,
    "perf.ref_cpu_cycles": 53053,
    "perf.bus_cycles": 54054,
    "perf.stalled_cycles_frontend": 55055,
    "perf.stalled_cycles_backend": 56056,
    "perf.instructions": 57057,
    "perf.cache_references": 58058,
    "perf.cache_misses": 59059,
    "perf.branch_instructions": 60060,
    "perf.branch_misses": 61061,
    "perf.cpu_clock": 62062,
    "perf.task_clock": 63063,
    "perf.page_faults": 64064,
    "perf.page_faults_min": 65065,
    "perf.page_faults_maj": 66066,
    "perf.context_switches": 67067,
    "perf.cpu_migrations": 68068,
    "perf.alignment_faults": 69069,
    "perf.emulation_faults": 70070,
}
VIRSH = """
[perf] domstats {domain} --perf --raw
ns       perf.cpu_clock               libvirt_domain_perf_cpu_clock_seconds_total
ns       perf.task_clock              libvirt_domain_perf_task_clock_seconds_total
1        perf.page_faults             libvirt_domain_perf_page_faults_total
1        perf.page_faults_min         libvirt_domain_perf_page_faults_minor_total
1        perf.page_faults_maj         libvirt_domain_perf_page_faults_major_total
1        perf.context_switches        libvirt_domain_perf_context_switches_total
1        perf.cpu_migrations          libvirt_domain_perf_cpu_migrations_total
1        perf.alignment_faults        libvirt_domain_perf_alignment_faults_total
1        perf.emulation_faults        libvirt_domain_perf_emulation_faults_total

nobody: needs a performance monitoring unit, which virtual machines seldom have
    libvirt_domain_perf_cpu_cycles_total libvirt_domain_perf_ref_cpu_cycles_total
    libvirt_domain_perf_bus_cycles_total libvirt_domain_perf_stalled_cycles_frontend_total
    libvirt_domain_perf_stalled_cycles_backend_total libvirt_domain_perf_instructions_total
    libvirt_domain_perf_cache_references_total libvirt_domain_perf_cache_misses_total
    libvirt_domain_perf_branch_instructions_total libvirt_domain_perf_branch_misses_total

nobody: needs processors with cache and memory bandwidth monitoring (resctrl)
    libvirt_domain_perf_cache_occupancy_bytes
"""
