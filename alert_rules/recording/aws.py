"""EC2 instances of AWS by YACE (yet-another-cloudwatch-exporter).

AWS does not tell on which host an instance runs: `instance` is the account and region, `domain` the
instance's id. Memory and file systems are those of the CloudWatch agent, scraped as YACE's custom namespace
CWAgent. YACE gives NaN where CloudWatch has no sample: such a figure is left out.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import DEVICE, MOUNT, VM
from alert_rules.promql import grouped
from alert_rules.provider import Provider, Recorded

WHERE = ("account_id", "region", "dimension_InstanceId")
PERIOD = "$cloudwatch_period_seconds"
# CloudWatch also sums over groups of instances: those series have no id.
OF_INSTANCE = '{dimension_InstanceId!=""}'


def metric(name: str) -> str:
    """The samples of single instances that are numbers: NaN is not equal to itself."""
    return f"(aws_{name}{OF_INSTANCE} == aws_{name}{OF_INSTANCE})"


def vm(expr: str, labels: tuple[str, ...] = VM) -> str:
    """A figure of instances with the labels of the layer."""
    expr = f'label_replace(\n{indent(expr, "  ")},\n  "domain", "$1", "dimension_InstanceId", "(.*)"\n)'
    expr = f'label_join(\n{indent(expr, "  ")},\n  "instance", "/", "account_id", "region"\n)'
    return f"max by {grouped(labels)} (\n{indent(expr, '  ')}\n)"


def percent(name: str) -> str:
    return f"{metric(name)} / 100"


def per_second(name: str, device: str) -> str:
    """What is summed over a period, of a device."""
    return f'label_replace({metric(name)} / {PERIOD}, "target_device", "{device}", "", "")'


def disks(ebs: str, store: str) -> Recorded:
    """EBS and the instance store are a device each: CloudWatch does not tell their volumes apart."""
    both = f"{per_second(f'ec2_{ebs}_sum', 'ebs')}\nor\n{per_second(f'ec2_{store}_sum', 'instance-store')}"
    return Recorded(output=f"vm:{store}:rate", expr=vm(both, DEVICE))


def network(output: str, name: str) -> Recorded:
    return Recorded(output=output, expr=vm(per_second(f"ec2_{name}_sum", "all"), DEVICE))


MOUNTED = (
    f"label_replace(\n  {percent('cwagent_disk_used_percent_average')},\n"
    '  "mountpoint", "$1", "dimension_path", "(.*)"\n)'
)
OPERATIONS = "\n+\n".join(per_second(f"ec2_ebs{kind}_ops_sum", "ebs") for kind in ("read", "write"))

PROVIDER = Provider(
    name="aws",
    about="YACE",
    reads={
        **{
            f"aws_ec2_{name}": WHERE
            for name in (
                "cpuutilization_average",
                "status_check_failed_maximum",
                "ebsread_bytes_sum",
                "ebswrite_bytes_sum",
                "ebsread_ops_sum",
                "ebswrite_ops_sum",
                "disk_read_bytes_sum",
                "disk_write_bytes_sum",
                "network_in_sum",
                "network_out_sum",
            )
        },
        "aws_cwagent_mem_used_percent_average": WHERE,
        "aws_cwagent_disk_used_percent_average": (*WHERE, "dimension_path"),
    },
    rows=(
        Recorded(output="vm:cpu_utilization:ratio", expr=vm(percent("ec2_cpuutilization_average"))),
        Recorded(
            output="vm:memory_utilization:ratio",
            comment="Needs the CloudWatch agent in the guest.",
            expr=vm(percent("cwagent_mem_used_percent_average")),
        ),
        Recorded(
            output="vm:filesystem_utilization:ratio",
            comment="Needs the CloudWatch agent in the guest.",
            expr=vm(MOUNTED, MOUNT),
        ),
        disks("ebsread_bytes", "disk_read_bytes"),
        disks("ebswrite_bytes", "disk_write_bytes"),
        Recorded(output="vm:disk_iops:rate", comment="Of EBS.", expr=vm(OPERATIONS, DEVICE)),
        network("vm:network_receive_bytes:rate", "network_in"),
        network("vm:network_transmit_bytes:rate", "network_out"),
        Recorded(
            output="vm:available:ratio",
            comment="An instance that runs and fails AWS' status checks is not available.",
            expr=vm(f"1 - {metric('ec2_status_check_failed_maximum')}"),
        ),
    ),
)
