"""Pinning, limits, NUMA and huge pages."""

from __future__ import annotations

XML = """
<memoryBacking><hugepages><page size='2' unit='MiB' nodeset='0'/></hugepages></memoryBacking>
<vcpu cpuset='0-7'>3</vcpu>
<cputune><shares>1536</shares><period>100000</period><quota>75000</quota><vcpupin vcpu='0' cpuset='2-5,^3'/>
 <emulatorpin cpuset='6'/><iothreadpin iothread='2' cpuset='7'/></cputune>
<numatune><memory mode='strict' nodeset='0-1'/><memnode cellid='0' mode='preferred' nodeset='1'/></numatune>
<cpu><numa><cell id='0' cpus='0-2' memory='65' unit='MiB'/></numa></cpu>"""
VIRSH = """
[described] vcpupin {domain}
=cpuset  0                            libvirt_domain_vcpu_pinning_info{vcpu=0}

[described] emulatorpin {domain}
=cpuset  *                            libvirt_domain_emulator_pinning_info

[described] iothreadinfo {domain}
=cpuset  3                            libvirt_domain_iothread_pinning_info{iothread=3}

[planned] schedinfo {domain} --config
1        cpu_shares                   libvirt_domain_cpu_shares

nobody: the domain's or a snapshot's XML has it: test_exporter_domains.py
    libvirt_domain_cpuset_info libvirt_domain_vcpu_pinned_host_cpus libvirt_domain_vcpu_limit_ratio
    libvirt_domain_numa_memory_info libvirt_domain_numa_cell_info libvirt_domain_numa_cell_memory_bytes
    libvirt_domain_memory_hugepages libvirt_domain_memory_hugepage_size_bytes
"""
