"""Compute Engine instances of Google Cloud by stackdriver_exporter, run with `--monitoring.aggregate-deltas`.

Google does not tell on which host an instance runs: `instance` is the project and zone, `domain` the
instance's name. With that flag the exporter adds up what Google tells of each minute, so that rates are true
at every interval of scrapes. Memory and file systems are those of the Ops Agent, which knows an instance by
its id: the name comes from Google's own figures of it. It tells file systems apart by device.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import DEVICE, MOUNT, VM
from alert_rules.promql import grouped
from alert_rules.provider import Provider, Recorded

COMPUTE = "stackdriver_gce_instance_compute_googleapis_com_instance"
AGENT = "stackdriver_gce_instance_agent_googleapis_com"
ID = ("project_id", "zone", "instance_id")
NAMED = (*ID, "instance_name")
CORES = f"max by {grouped(NAMED)} ({COMPUTE}_cpu_reserved_cores)"
NAMES = f"max by {grouped(NAMED)} ({COMPUTE}_cpu_utilization * 0 + 1)"


def vm(expr: str, labels: tuple[str, ...] = VM) -> str:
    """A figure of named instances with the labels of the layer."""
    expr = f'label_replace(\n{indent(expr, "  ")},\n  "domain", "$1", "instance_name", "(.*)"\n)'
    expr = f'label_join(\n{indent(expr, "  ")},\n  "instance", "/", "project_id", "zone"\n)'
    return f"max by {grouped(labels)} (\n{indent(expr, '  ')}\n)"


def rate(counter: str, by: tuple[str, ...] = NAMED) -> str:
    """The increase per second of one of Google's deltas, over all else that tells its series apart."""
    return f"sum by {grouped(by)} (rate({COMPUTE}_{counter}[$rate_window]))"


def flow(counter: str, source: str = "") -> str:
    """A rate by device: that of the label `source`, or of all together."""
    by = (*NAMED, source) if source else NAMED
    value, label = ("$1", source) if source else ("all", "")
    pattern = "(.*)" if source else ""
    device = f'label_replace({rate(counter, by)}, "target_device", "{value}", "{label}", "{pattern}")'
    return vm(device, DEVICE)


def of_agent(name: str, *more: str) -> str:
    """A share in use by the Ops Agent, with the instance's name."""
    used = f'max by {grouped((*ID, *more))} ({AGENT}_{name}{{state="used"}}) / 100'
    return f"{used}\n  * on {grouped(ID)} group_left (instance_name) {NAMES}"


FILESYSTEMS = (
    f"label_replace(\n{indent(of_agent('disk_percent_used', 'device'), '  ')},\n"
    '  "mountpoint", "$1", "device", "(.*)"\n)'
)
BYTES = ("project_id", "zone", "instance_id", "instance_name", "device_name")

PROVIDER = Provider(
    name="gcp",
    about="stackdriver_exporter",
    reads={
        **{f"{COMPUTE}_cpu_{name}": NAMED for name in ("utilization", "reserved_cores")},
        f"{COMPUTE}_cpu_scheduler_wait_time": NAMED,
        **{
            f"{COMPUTE}_disk_{name}_count": BYTES
            for name in ("read_bytes", "write_bytes", "read_ops", "write_ops")
        },
        **{f"{COMPUTE}_network_{name}_bytes_count": NAMED for name in ("received", "sent")},
        f"{AGENT}_memory_percent_used": (*ID, "state"),
        f"{AGENT}_disk_percent_used": (*ID, "state", "device"),
    },
    rows=(
        Recorded(output="vm:cpu_utilization:ratio", expr=vm(f"{COMPUTE}_cpu_utilization")),
        Recorded(
            output="vm:cpu_steal:ratio",
            expr=vm(f"{rate('cpu_scheduler_wait_time')}\n  / ({CORES} > 0)"),
        ),
        Recorded(
            output="vm:memory_utilization:ratio",
            comment="Needs the Ops Agent in the guest.",
            expr=vm(of_agent("memory_percent_used")),
        ),
        Recorded(
            output="vm:filesystem_utilization:ratio",
            comment="Needs the Ops Agent in the guest; a file system is known by its device.",
            expr=vm(FILESYSTEMS, MOUNT),
        ),
        Recorded(output="vm:disk_read_bytes:rate", expr=flow("disk_read_bytes_count", "device_name")),
        Recorded(output="vm:disk_write_bytes:rate", expr=flow("disk_write_bytes_count", "device_name")),
        Recorded(
            output="vm:disk_iops:rate",
            expr=f"{flow('disk_read_ops_count', 'device_name')}\n+\n"
            f"{flow('disk_write_ops_count', 'device_name')}",
        ),
        Recorded(output="vm:network_receive_bytes:rate", expr=flow("network_received_bytes_count")),
        Recorded(output="vm:network_transmit_bytes:rate", expr=flow("network_sent_bytes_count")),
        Recorded(output="vm:virtual_cpus:count", expr=vm(CORES)),
    ),
)
