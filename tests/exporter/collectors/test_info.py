"""CPU time, virtual CPUs and memory; the values are those of test_cpu.py and test_memory.py."""

from __future__ import annotations

VIRSH = """
[suspended] domstats {domain} --raw
ns       cpu.time                     libvirt_domain_info_cpu_time_seconds_total
1        vcpu.current                 libvirt_domain_info_virtual_cpus
KiB      balloon.maximum              libvirt_domain_info_maximum_memory_bytes
KiB      balloon.current              libvirt_domain_info_memory_usage_bytes

[suspended] dominfo {domain}
1        CPU(s)                       libvirt_domain_info_virtual_cpus
KiB      Max memory                   libvirt_domain_info_maximum_memory_bytes
KiB      Used memory                  libvirt_domain_info_memory_usage_bytes
"""
