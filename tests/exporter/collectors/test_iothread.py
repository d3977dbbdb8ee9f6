"""I/O threads of domains."""

from __future__ import annotations

STATISTICS = {
    "iothread.count": 2,
    "iothread.2.poll-max-ns": 32768,
    "iothread.2.poll-grow": 32,
    "iothread.2.poll-shrink": 34,
    "iothread.5.poll-max-ns": 0,
}
VIRSH = """
[described] domstats {domain} --iothread --block --backing --raw
1        iothread.count               libvirt_domain_iothreads
ns       iothread.3.poll-max-ns       libvirt_domain_iothread_poll_max_seconds{iothread=3}
1        iothread.3.poll-grow         libvirt_domain_iothread_poll_grow{iothread=3}
1        iothread.3.poll-shrink       libvirt_domain_iothread_poll_shrink{iothread=3}
"""
