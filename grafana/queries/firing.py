"""What an alert is about, beside its VM and host: the labels that tell alerts of one name apart, as one."""

from __future__ import annotations

WHAT = "what"
PARTS = (
    "mountpoint",
    "target_device",
    "pool",
    "volume_group",
    "thin_pool",
    "network",
    "device",
    "mac_address",
    "collector",
    "reading",
    "task",
    "rule_group",
    "integration",
    "reason",
)
# Of alerts on the forecaster the resource is what they are about; the names of others say it already.
OF_THE_FORECASTER = "Virtcast.*"


def with_what(alerts: str) -> str:
    """The alerts with the label `what`: their parts, which are words with spaces between them, if any."""
    named = f'label_join({alerts}, "of", ";", "alertname", "resource")'
    own = f'label_replace({named}, "{WHAT}", "$1", "of", "{OF_THE_FORECASTER};(.*)")'
    joined = ", ".join(f'"{label}"' for label in (*PARTS, WHAT))
    return f'label_replace(label_join({own}, "{WHAT}", " ", {joined}), "{WHAT}", "$1", "{WHAT}", " *(.*?) *")'
