"""Virtual machines of Azure by azure-metrics-exporter, with its own names and labels (template `{name}`).

Azure does not tell on which host a VM runs: `instance` is the subscription and resource group, `domain` the
VM's name, as they stand in the resource's id (the exporter writes it in lower case). Sums are over Azure's
interval, the exporter's parameter `interval`. Metrics have the names of Azure Monitor's REST API for the type
Microsoft.Compute/virtualMachines, and the exporter writes aggregations in lower case.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import DEVICE, VM
from alert_rules.promql import grouped, series
from alert_rules.provider import Provider, Recorded

METRIC = "azurerm_resource_metric"
# Azure writes the words of an id in either case.
ID = "(?i)/subscriptions/([^/]+)/resourcegroups/([^/]+)/providers/microsoft.compute/virtualmachines/([^/]+)"
OF_VMS = 'resourceID=~"(?i).+/microsoft.compute/virtualmachines/[^/]+"'


def sampled(name: str, aggregation: str) -> str:
    """One of Azure's metrics of VMs."""
    selector = series(METRIC, metric=name, aggregation=aggregation)
    return selector.removesuffix("}") + f", {OF_VMS}}}"


def vm(expr: str, labels: tuple[str, ...] = VM) -> str:
    """A figure of VMs with the labels of the layer; what Azure sums over devices is of the device `all`."""
    expr = f'label_replace(\n{indent(expr, "  ")},\n  "domain", "$3", "resourceID", "{ID}"\n)'
    expr = f'label_replace(\n{indent(expr, "  ")},\n  "instance", "$1/$2", "resourceID", "{ID}"\n)'
    if labels == DEVICE:
        expr = f'label_replace(\n{indent(expr, "  ")},\n  "target_device", "all", "", ""\n)'
    return f"max by {grouped(labels)} (\n{indent(expr, '  ')}\n)"


def per_second(name: str) -> str:
    """What is summed over an interval."""
    return vm(f"{sampled(name, 'total')} / $azure_interval_seconds", DEVICE)


def operations(kind: str) -> str:
    """Requests per second of one kind, without the name of the metric, so that kinds can be added."""
    return f"max by (resourceID) ({sampled(f'Disk {kind} Operations/Sec', 'average')})"


PROVIDER = Provider(
    name="azure",
    about="azure-metrics-exporter",
    reads={METRIC: ("resourceID", "metric", "aggregation", "unit", "interval", "timespan")},
    rows=(
        Recorded(output="vm:cpu_utilization:ratio", expr=vm(f"{sampled('Percentage CPU', 'average')} / 100")),
        Recorded(
            output="vm:memory_utilization:ratio",
            expr=vm(f"1 - {sampled('Available Memory Percentage', 'average')} / 100"),
        ),
        Recorded(output="vm:disk_read_bytes:rate", expr=per_second("Disk Read Bytes")),
        Recorded(output="vm:disk_write_bytes:rate", expr=per_second("Disk Write Bytes")),
        Recorded(
            output="vm:disk_iops:rate", expr=vm(f"{operations('Read')} + {operations('Write')}", DEVICE)
        ),
        Recorded(output="vm:network_receive_bytes:rate", expr=per_second("Network In Total")),
        Recorded(output="vm:network_transmit_bytes:rate", expr=per_second("Network Out Total")),
        Recorded(
            output="vm:available:ratio",
            comment="0 of a VM that was shut down from within, too; a VM that was deallocated has none.",
            expr=vm(sampled("VmAvailabilityMetric", "average")),
        ),
    ),
)
