"""The normalised layer: the series that dashboards, forecaster and advice read, whatever exporter feeds them.

A provider records some or all of these outputs, each with the labels given here and the label `provider`.
"""

from __future__ import annotations

from dataclasses import dataclass

VM = ("instance", "domain")
DEVICE = (*VM, "target_device")
MOUNT = (*VM, "mountpoint")
HOST = ("instance",)
HOST_MOUNT = (*HOST, "mountpoint")
POOL = ("instance", "pool")
PATH = ("instance", "network")


@dataclass(frozen=True, slots=True)
class Subject:
    """What series describe. `shared` are the labels of one that several providers can know; else nothing.

    Rules of one group are evaluated in order. The providers of a shared subject record in one group, so that
    what the preferred one has recorded is known when the next one records the rest.
    """

    name: str
    about: str
    shared: tuple[str, ...] = ()


SUBJECTS = (
    Subject("vm", "VMs"),
    Subject("host", "Hosts, each by one provider only: the preferred one that knows it", shared=HOST),
    Subject("pool", "Storage pools"),
    Subject("path", "Ways to hosts, over one of their networks"),
)
_BY_WORD = {subject.name: subject for subject in SUBJECTS}


@dataclass(frozen=True, slots=True)
class Output:
    """One recorded name; `labels` tell its series apart within a provider.

    An `optional` one is for providers whose exporter does not describe VMs and hosts as ours does: the
    forecaster's inventory prefers it to our exporter's own series.
    """

    name: str
    labels: tuple[str, ...]
    about: str
    optional: bool = False

    @property
    def subject(self) -> Subject:
        """What the series describe, by the first word of the name."""
        return _BY_WORD[self.name.split(":", 1)[0]]


OUTPUTS = (
    Output(
        "vm:cpu_utilization:ratio",
        VM,
        "Share of the time of its virtual CPUs that a VM used. QEMU's own threads count, so it can exceed 1.",
    ),
    Output(
        "vm:cpu_steal:ratio",
        VM,
        "Share of their time that virtual CPUs were ready to run and waited for a CPU of the host.",
    ),
    Output(
        "vm:memory_utilization:ratio",
        VM,
        "Share of its memory that is not available to programs in the guest, as the guest reports it.",
    ),
    Output(
        "vm:filesystem_utilization:ratio",
        MOUNT,
        "Used share of a file system in the guest, as df shows it: 1 is full for unprivileged programs.",
    ),
    Output(
        "vm:disk_allocation:ratio",
        DEVICE,
        "Share of a virtual disk's capacity that its image occupies on the host.",
    ),
    Output("vm:disk_read_bytes:rate", DEVICE, "Bytes read from a virtual disk per second."),
    Output("vm:disk_write_bytes:rate", DEVICE, "Bytes written to a virtual disk per second."),
    Output("vm:disk_iops:rate", DEVICE, "Read and write requests per second."),
    Output(
        "vm:disk_latency:seconds",
        DEVICE,
        "Mean time of a read or write request. A disk without requests has no latency.",
    ),
    Output("vm:network_receive_bytes:rate", DEVICE, "Bytes that a virtual interface received per second."),
    Output("vm:network_transmit_bytes:rate", DEVICE, "Bytes that a virtual interface sent per second."),
    Output(
        "vm:network_drops:ratio",
        DEVICE,
        "Dropped share of the offered packets, both directions. Without packets there is no share.",
    ),
    Output("host:cpu_utilization:ratio", HOST, "Used share of the time of a host's CPUs."),
    Output("host:memory_utilization:ratio", HOST, "Share of a host's memory that is not available."),
    Output(
        "host:filesystem_utilization:ratio",
        HOST_MOUNT,
        "Used share of a host's file system, as df shows it: 1 is full for unprivileged programs.",
    ),
    Output("pool:utilization:ratio", POOL, "Share of the storage below a pool that is not available."),
    Output(
        "vm:available:ratio",
        VM,
        "Whether a VM that should run runs (1) or not (0); absent while somebody has it off or paused.",
        optional=True,
    ),
    Output(
        "vm:disk_fast:ratio",
        DEVICE,
        "Whether requests of a virtual disk are as fast as the service level asks (1) or not (0).",
        optional=True,
    ),
    Output(
        "vm:filesystem_read_only:ratio",
        MOUNT,
        "Whether a file system in the guest is mounted read-only (1) or not (0).",
        optional=True,
    ),
    Output("vm:owner:info", (*VM, "owner"), "Owner of a VM; always 1, absent without one.", optional=True),
    Output("vm:virtual_cpus:count", VM, "Virtual CPUs of a VM that are online.", optional=True),
    Output("vm:maximum_memory:bytes", VM, "Memory that a VM can be given at most.", optional=True),
    Output("host:cpus:count", HOST, "CPUs of a host that are online.", optional=True),
    Output("host:memory:bytes", HOST, "Memory of a host.", optional=True),
    Output(
        "path:loss:ratio",
        PATH,
        "Share of the echo requests to a host that got lost, over a network (`*`: not said which).",
        optional=True,
    ),
    Output(
        "path:round_trip:seconds",
        PATH,
        "Time that an echo request to a host and its answer take, over a network (`*`: not said which).",
        optional=True,
    ),
)

BY_NAME = {output.name: output for output in OUTPUTS}
