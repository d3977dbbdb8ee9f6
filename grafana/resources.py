"""The resources that are forecast: where their actual values are, and how a page names them."""

from __future__ import annotations

from dataclasses import dataclass

from grafana.style import STATES

HOST = 'instance=~"$instance"'
THIS_VM = f'{HOST}, domain="$domain"'
FIRING = f'alertstate="firing", severity!="none", {HOST}'  # the watchdog always fires: that is no news


@dataclass(frozen=True)
class Resource:
    """One family of forecasts: a row here is a panel on the VM page and a list on the fleet page.

    `name` is the label `resource`, `metric` the normalised series it reads, `part` the label that tells
    its series of one VM apart. `about` says what the figure is, `absent` what it means when there is none.
    An axis `from_zero` shows how much it is; one that follows the values shows where it goes.
    """

    name: str
    metric: str
    title: str
    about: str
    absent: str
    color: str
    part: str = ""
    from_zero: bool = False


VM_RESOURCES = (
    Resource(
        "vm_cpu",
        "vm:cpu_utilization:ratio",
        "CPU",
        "Share of the time of the VM's virtual CPUs.",
        "No CPU time: the VM does not run",
        "blue",
        from_zero=True,
    ),
    Resource(
        "vm_memory",
        "vm:memory_utilization:ratio",
        "Memory",
        "What the guest's programs cannot have any more, as the guest's balloon driver tells it.",
        "No figures: the guest's balloon driver tells none",
        "purple",
    ),
    Resource(
        "vm_filesystem",
        "vm:filesystem_utilization:ratio",
        "File system",
        "As df in the guest, told by the guest agent.",
        "No file systems: the guest agent does not answer",
        "orange",
        part="mountpoint",
    ),
    Resource(
        "vm_disk_allocation",
        "vm:disk_allocation:ratio",
        "Disk image",
        "Share of the virtual disk that its image takes on the host.",
        "No disks: the VM does not run, or has none",
        "green",
        part="target_device",
    ),
)
HOST_RESOURCES = (
    Resource(
        "host_cpu",
        "host:cpu_utilization:ratio",
        "Host CPU",
        "Share of the time of the host's CPUs.",
        "No figures of the host's CPUs",
        "blue",
        from_zero=True,
    ),
    Resource(
        "host_memory",
        "host:memory_utilization:ratio",
        "Host memory",
        "What no program on the host can have any more.",
        "No figures of the host's memory",
        "purple",
    ),
)
POOL = Resource(
    "pool",
    "pool:utilization:ratio",
    "Storage pool",
    "Share of the storage below the pool that is taken.",
    "libvirt knows no storage pools here",
    "green",
    part="pool",
)
RESOURCES = (*VM_RESOURCES, *HOST_RESOURCES, POOL)
RATIOS = f'resource=~"{"|".join(resource.name for resource in RESOURCES)}"'  # others have units of their own
KEY = "instance, domain, what"


def keyed(expr: str, reduce: str = "max", also: str = "") -> str:
    """One series per VM or host and `what`, the resource with its mount point, device or pool, for tables to
    merge; apart by the label `also`, too.
    """
    what = f'label_join({expr}, "what", " ", "resource", "mountpoint", "target_device", "pool")'
    return f"{reduce} by ({', '.join(filter(None, (KEY, also)))}) ({what})"


def titled(expr: str) -> str:
    """The same series with the resource's title as the label `resource`, for legends."""
    for resource in VM_RESOURCES:
        expr = f'label_replace({expr}, "resource", "{resource.title}", "resource", "{resource.name}")'
    return expr


def what_words() -> dict[str, object]:
    """The label `what` as an operator reads it: "vm_filesystem /var " is "File system /var"."""
    rows = [
        {
            "type": "regex",
            "options": {
                "pattern": f"^{resource.name}\\s*(.*?)\\s*$",
                "result": {"text": f"{resource.title} $1", "index": at},
            },
        }
        for at, resource in enumerate(RESOURCES)
    ]
    return {"mappings": rows}


def state_numbers(matchers: str) -> str:
    """The state of VMs as its number (from 1) in the house style's table, by host."""
    numbered = (
        f'last_over_time(libvirt_domain_state{{state="{state}", {matchers}}}[$__rate_interval]) * {number}'
        for number, (state, _, _) in enumerate(STATES, 1)
    )
    return f"max by (instance) ({' or '.join(numbered)}) > 0"


def actual_values(matchers: str) -> str:
    """What is used now of every resource, as ratios, keyed like the forecasts."""
    sides = (
        f'label_replace({resource.metric}{{{matchers}}}, "resource", "{resource.name}", "", "")'
        for resource in RESOURCES
    )
    return keyed(f"({' or '.join(sides)})")
