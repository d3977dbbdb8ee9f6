"""Network interfaces of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.snapshot.machine import NICS, Nic
from kernel import Kernel

if TYPE_CHECKING:
    from kernel import Values
    from lab import RunningGuest

READINGS = {NICS: (Nic("eth0", *range(4301, 4309)),)}
VIRSH = """
nobody: the machine's kernel has it: test_exporter_kernel.py
    libvirt_host_network_receive_bytes_total libvirt_host_network_receive_packets_total
    libvirt_host_network_receive_errors_total libvirt_host_network_receive_drops_total
    libvirt_host_network_transmit_bytes_total libvirt_host_network_transmit_packets_total
    libvirt_host_network_transmit_errors_total libvirt_host_network_transmit_drops_total
"""


def interfaces(_guest: RunningGuest) -> Values:
    words = {"bytes": "bytes", "packets": "packets", "errors": "errors", "drops": "dropped"}
    return {
        (f"libvirt_host_network_{way}_{name}_total", nic.name): int(
            (nic / "statistics" / f"{short}_{word}").read_text()
        )
        for nic in Path("/sys/class/net").iterdir()
        if re.match(r"(eth|en|bond|br)", nic.name)
        for way, short in (("receive", "rx"), ("transmit", "tx"))
        for name, word in words.items()
    }


KERNEL = (Kernel(interfaces),)
