"""The host as libvirt reports it."""

from __future__ import annotations

from exporter.snapshot.node import NODE, Cell, Node

READINGS = {
    NODE: Node.read(
        ("x86_64", 2001, 2002, 2003, 2004, 2005, 2006, 2007),
        {"user": 2_100_000_000, "kernel": 2_200_000_000, "idle": 2_300_000_000, "iowait": 2_400_000_000},
        {"total": 2501, "free": 2502, "buffers": 2503, "cached": 2504},
        (Cell(0, 2601, 2602, {4096: 2604, 2097152: 2605}), Cell(1, 2603)),
    ),
}
VIRSH = """
[host] nodecpustats
ns       user                         libvirt_node_cpu_seconds_total{mode=user}
ns       system                       libvirt_node_cpu_seconds_total{mode=system}
ns       idle                         libvirt_node_cpu_seconds_total{mode=idle}
ns       iowait                       libvirt_node_cpu_seconds_total{mode=iowait}

[host] nodememstats
KiB      total                        libvirt_node_memory_total_bytes
<KiB     free                         libvirt_node_memory_free_bytes
<KiB     buffers                      libvirt_node_memory_buffers_bytes
<KiB     cached                       libvirt_node_memory_cached_bytes

[host] nodememstats --cell 0
KiB      total                        libvirt_node_cell_memory_total_bytes{cell=0}

[host] freecell 0
<KiB     0                            libvirt_node_cell_memory_free_bytes{cell=0}

[host] freepages --cellno 0 --pagesize 4KiB
<1       4KiB                         libvirt_node_cell_free_pages{cell=0,page_size=4096}

[host] nodeinfo
=model   CPU model                    libvirt_node_info
=sockets CPU socket(s)                libvirt_node_info
=cores   Core(s) per socket           libvirt_node_info
=threads Thread(s) per core           libvirt_node_info
=cells   NUMA cell(s)                 libvirt_node_info
1        CPU(s)                       libvirt_node_cpus
MHz      CPU frequency                libvirt_node_cpu_frequency_hertz
"""
