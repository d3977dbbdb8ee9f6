"""What an alert is about, beside its VM and host: the labels that tell alerts of one name apart, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
# Of alerts on the forecaster, and on users' own resources, the resource is what they are about; the names of
# others say it already.
OF_ANY_RESOURCE = "(?:Virtcast|OwnResource).*"


def with_what(alerts: str, own: Iterable[str] = ()) -> str:
    """The alerts with the label `what`: their parts, which are words with spaces between them, if any; of
    users' own resources, the labels `own` tell their parts apart.
    """
    named = f'label_join({alerts}, "of", ";", "alertname", "resource")'
    about = f'label_replace({named}, "{WHAT}", "$1", "of", "{OF_ANY_RESOURCE};(.*)")'
    joined = ", ".join(f'"{label}"' for label in dict.fromkeys((*PARTS, *own, WHAT)))
    return (
        f'label_replace(label_join({about}, "{WHAT}", " ", {joined}), "{WHAT}", "$1", "{WHAT}", " *(.*?) *")'
    )
