"""VMs by OpenNebula's libvirt exporter on the hosts, datastores by OpenNebula's exporter on the front end.

A VM's `domain` is libvirt's name for it, one-ID. Counters are in whole seconds, and gauges by their type. A
datastore belongs to a front end, which is its `instance`; the exporter knows its id only.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import DEVICE, POOL, VM
from alert_rules.promql import grouped
from alert_rules.provider import Provider, Recorded

PREFIX = "opennebula_libvirt"
ID = ("instance", "one_vm_id")
DISK, CARD = (*ID, "disk", "device"), (*ID, "vnic", "device")


def vm(expr: str) -> str:
    """A figure of VMs by libvirt's names."""
    return f"max by {grouped(VM)} (\n  label_replace(\n{indent(expr, '    ')},\n{_NAME}\n  )\n)"


def device(expr: str) -> str:
    """A figure of their devices."""
    named = f'label_replace(\n{indent(expr, "  ")},\n  "target_device", "$1", "device", "(.*)"\n)'
    return f"max by {grouped(DEVICE)} (\n  label_replace(\n{indent(named, '    ')},\n{_NAME}\n  )\n)"


_NAME = '    "domain", "one-$1", "one_vm_id", "(.*)"'


def rate(*counters: str) -> str:
    """The increase of counters per second, together."""
    return " + ".join(f"rate({PREFIX}_{counter}[$rate_window])" for counter in counters)


def share(part: str, whole: str) -> str:
    """A part of a whole that is not empty."""
    return f"({part})\n  / ({whole} > 0)"


_STORE = ("instance", "one_datastore_id")
_FREE, _SIZE = (f"max by {grouped(_STORE)} (opennebula_datastore_{name}_bytes)" for name in ("free", "total"))
POOLS = f"""\
max by {grouped(POOL)} (
  label_replace(
    1 - {_FREE}
      / ({_SIZE} > 0),
    "pool", "one-$1", "one_datastore_id", "(.*)"
  )
)"""

PROVIDER = Provider(
    name="opennebula",
    about="OpenNebula's libvirt exporter",
    reads={
        **{f"opennebula_datastore_{name}_bytes": _STORE for name in ("free", "total")},
        **{
            f"{PREFIX}_{name}": ID
            for name in (
                "cpu_seconds_total",
                "vcpu_online",
                "memory_available_bytes",
                "memory_unsed_bytes",
                "memory_maximum_bytes",
            )
        },
        **{
            f"{PREFIX}_block_{name}": DISK
            for name in (
                "rd_requests",
                "rd_bytes",
                "rd_time_seconds",
                "wr_requests",
                "wr_bytes",
                "wr_time_seconds",
                "virtual_bytes",
                "physical_bytes",
            )
        },
        **{
            f"{PREFIX}_net_{name}": CARD
            for name in (
                "rx_total_bytes",
                "tx_total_bytes",
                "rx_packets",
                "tx_packets",
                "rx_drops",
                "tx_drops",
            )
        },
    },
    rows=(
        Recorded(
            output="pool:utilization:ratio",
            comment="The datastore ID is the pool one-ID.",
            expr=POOLS,
        ),
        Recorded(
            output="vm:cpu_utilization:ratio",
            expr=vm(share(rate("cpu_seconds_total"), f"{PREFIX}_vcpu_online")),
        ),
        Recorded(
            output="vm:memory_utilization:ratio",
            comment="Page cache counts as used.",
            expr=vm(
                share(
                    f"{PREFIX}_memory_available_bytes - {PREFIX}_memory_unsed_bytes",
                    f"{PREFIX}_memory_available_bytes",
                )
            ),
        ),
        Recorded(
            output="vm:disk_allocation:ratio",
            expr=device(share(f"{PREFIX}_block_physical_bytes", f"{PREFIX}_block_virtual_bytes")),
        ),
        Recorded(output="vm:disk_read_bytes:rate", expr=device(rate("block_rd_bytes"))),
        Recorded(output="vm:disk_write_bytes:rate", expr=device(rate("block_wr_bytes"))),
        Recorded(output="vm:disk_iops:rate", expr=device(rate("block_rd_requests", "block_wr_requests"))),
        Recorded(
            output="vm:disk_latency:seconds",
            expr=device(
                share(
                    rate("block_rd_time_seconds", "block_wr_time_seconds"),
                    f"({rate('block_rd_requests', 'block_wr_requests')})",
                )
            ),
        ),
        Recorded(output="vm:network_receive_bytes:rate", expr=device(rate("net_rx_total_bytes"))),
        Recorded(output="vm:network_transmit_bytes:rate", expr=device(rate("net_tx_total_bytes"))),
        Recorded(
            output="vm:network_drops:ratio",
            expr=device(
                share(
                    rate("net_rx_drops", "net_tx_drops"),
                    f"({rate('net_rx_packets', 'net_tx_packets', 'net_rx_drops', 'net_tx_drops')})",
                )
            ),
        ),
        Recorded(output="vm:virtual_cpus:count", expr=vm(f"{PREFIX}_vcpu_online")),
        Recorded(output="vm:maximum_memory:bytes", expr=vm(f"{PREFIX}_memory_maximum_bytes")),
    ),
)
