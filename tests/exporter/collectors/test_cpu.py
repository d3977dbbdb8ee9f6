"""CPU time of domains."""

from __future__ import annotations

STATISTICS = {
    "cpu.time": 3003,
    "cpu.user": 4004,
    "cpu.system": 5005,
    "cpu.haltpoll.success.time": 6006,
    "cpu.haltpoll.fail.time": 7007,
    "vcpu.current": 2,
    "vcpu.maximum": 3,
}
VIRSH = """
[suspended] domstats {domain} --raw
ns       cpu.user                     libvirt_domain_cpu_user_seconds_total
ns       cpu.system                   libvirt_domain_cpu_system_seconds_total
ns       cpu.haltpoll.success.time    libvirt_domain_cpu_haltpoll_success_seconds_total
ns       cpu.haltpoll.fail.time       libvirt_domain_cpu_haltpoll_fail_seconds_total
1        vcpu.maximum                 libvirt_domain_info_maximum_virtual_cpus
"""
