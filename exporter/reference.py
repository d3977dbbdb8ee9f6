"""METRICS.md: the reference of the exporter's metrics, from `python -m exporter.reference`."""

from __future__ import annotations

import sys

from exporter import exporter_metrics, metric, scrape
from exporter.collectors.registry import COLLECTORS

INTRODUCTION = """# Metrics of virtcast-exporter

Generated from the tables of the collectors by `make generate`; do not edit.

A value that libvirt does not report has no sample; it is never 0. Prometheus adds the labels `instance` and
`job`. The label `domain` is the name of a domain. What describes a domain or its devices is a label of an
`_info` metric, to be joined.

`libvirt_domain_virtcast_info` has virtcast's metadata of a domain, which `virsh metadata DOMAIN
urn:virtcast:domain:1.0 --key virtcast --set '…' --live --config` writes:

    <domain><owner>team-shop</owner><criticality>high</criticality>
    <maintenance-window>Sun 02:00-04:00 UTC</maintenance-window><cost-centre>4711</cost-centre>
    <sensitivity>low</sensitivity><limit resource="vm_memory">80%</limit></domain>

docs/operate.md, "Overrides of one VM", says what window, sensitivity and limit do.
"""
EXPORTER = """
## The exporter itself

`libvirt_exporter_config_*` is on /metrics of every exporter. With `only_targets: true` in the configuration
(`--config.file`), only /probe has the metrics above. /metrics then has all of the following ones about the
exporter itself, and the `process_*` metrics of Prometheus' client libraries.

"""


def reference() -> str:
    """The document."""
    parts = [INTRODUCTION, "\n## Every scrape\n\n", *metric.reference(scrape.METRICS)]
    for collector in COLLECTORS:
        parts.append(f"\n## {collector.name}\n\n{collector.about[0].upper()}{collector.about[1:]}. ")
        parts.append(f"`--[no-]collector.{collector.name}`, {collector.usual} by default.\n\n")
        parts += metric.reference(collector.metrics)
    parts += [EXPORTER, *metric.reference(exporter_metrics.METRICS)]
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(reference())
