"""METRICS.md: the exporter's metrics as a document. `python -m exporter.reference` prints it."""

from __future__ import annotations

import sys

from exporter import exporter_metrics, metric, scrape
from exporter.collectors.registry import COLLECTORS

INTRODUCTION = """# Metrics of virtcast-exporter

Made from the collectors' tables by `make generate`; do not edit. What libvirt does not say has no sample and
never the value 0. Prometheus adds `instance` and `job`; `domain` is a domain's name. All that describes
domains or their devices stands on `_info` metrics, to be joined.

`libvirt_domain_virtcast_info` shows what is written into a domain's metadata (`virsh metadata DOMAIN
urn:virtcast:domain:1.0 --key virtcast --set '…' --live --config`):

    <domain><owner>team-shop</owner><criticality>high</criticality>
    <maintenance-window>Sun 02:00-04:00 UTC</maintenance-window><cost-centre>4711</cost-centre></domain>
"""
EXPORTER = """
## An exporter of targets only

Where the configuration (`--config.file`) says `only_targets: true`, all the above stands on /probe only, and
/metrics tells of the exporter itself: this, and the metrics `process_*` of Prometheus' client libraries.

"""


def reference() -> str:
    """The document."""
    parts = [INTRODUCTION, "\n## Every scrape\n\n", *metric.reference(scrape.METRICS)]
    for collector in COLLECTORS:
        state = "on" if collector.enabled else "off"
        parts.append(f"\n## {collector.name}\n\n{collector.about[0].upper()}{collector.about[1:]}. ")
        parts.append(f"`--[no-]collector.{collector.name}`, {state} by default.\n\n")
        parts += metric.reference(collector.metrics)
    parts += [EXPORTER, *metric.reference(exporter_metrics.METRICS)]
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(reference())
