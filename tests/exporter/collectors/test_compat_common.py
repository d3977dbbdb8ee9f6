"""Names of other exporters, of values that other collectors' tests have."""

from __future__ import annotations

VIRSH = """
[suspended] domstats {domain} --raw
1        vcpu.0.state                 libvirt_domain_vcpu_state{vcpu=0}

nobody: it follows from figures above; test_exporter_values.py calculates it
    libvirt_domain_memory_stats_used_percent
"""
