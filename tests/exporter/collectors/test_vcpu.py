"""CPU time of virtual CPUs; the number 1 is unplugged."""

from __future__ import annotations

STATISTICS = {
    "vcpu.0.state": 22022,
    "vcpu.0.time": 23023,
    "vcpu.0.wait": 24024,
    "vcpu.0.delay": 25025,
    "vcpu.2.state": 26026,
    "vcpu.2.time": 27027,
    "vcpu.2.wait": 28028,
    "vcpu.2.delay": 29029,
}
VIRSH = """
[suspended] domstats {domain} --raw
ns       vcpu.0.time                  libvirt_domain_vcpu_time_seconds_total{vcpu=0}
ns       vcpu.0.wait                  libvirt_domain_vcpu_wait_seconds_total{vcpu=0}
ns       vcpu.0.delay                 libvirt_domain_vcpu_delay_seconds_total{vcpu=0}

nobody: QEMU of this version does not say it, or only on other architectures
    libvirt_domain_vcpu_halted
"""
