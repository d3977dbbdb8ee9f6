"""RULES.md: the rows as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules import layer
from alert_rules.profiles import PROFILES
from alert_rules.registry import AREAS, PROVIDERS, SECTIONS
from alert_rules.rules import preferred_first, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """# Rules

Made from the tables in `alert_rules/` by `make generate`; do not edit.

"""
ALERTS = """## Alerts

`severity` says who is needed: critical now, warning in working hours, info nobody. An alert of kind
`predicted` is inhibited as soon as the `actual` one fires, one of kind `anomaly` as soon as either does with
no less severity; what is not used (section `waste`) inhibits nothing. What
is wrong on a host inhibits its consequences for the VMs there. Alerts on a VM have the label `owner`, from
`vm:owner:info`, or `none`; all have `team` if the values say one.

The rules need Prometheus 2.42 (Debian 12) or later: it is the first that knows `keep_firing_for`.

| alert | severity | kind | for | keep firing for |
|---|---|---|---|---|
"""
AGGREGATES = """
## Aggregates

aggregates.rules.yml records each series of the layer that is not optional over time, behind the same name:
`:avg1m`, `:max1m`, `:avg5m`, `:max5m`, `:p95_5m`, `:avg1h`, `:max1h`, `:p95_1h`. A panel of 30 days reads a
point an hour instead of one every 30 s. They make eight series of each: leave the file out if nobody looks
at weeks; the alerts on waste and the pages Capacity and Service levels need it. It also records:

- `host:vms_…`: the VMs of a host taken together, such as `host:vms_network_receive_bytes:rate`;
  `host:vms:count` and `host:vms_memory:count`: how many of them have a CPU and a memory use.
- `:avg30m`: means of half hours, of the CPU and memory of VMs and of the objectives `vm:available:ratio` and
  `vm:disk_fast:ratio`; of these, `:avg1h`, too, and `:avg30d`: the share of a budget's time. Of hosts, of
  their CPU and memory, and of all `host:vms…`.
- `virtcast_anomaly_score:max5m` and `:max30m`: the highest score of each VM, over its resources.
- `virtcast_anomaly_score:lasting`: the scores of anomalies only, which are few; `:lasting30m`: their highest
  of half hours; `:count`: how many scores there are.
- `virtcast_exhaustion_probability_ratio:possible`: the probabilities that are shown as 1 % or more.
- `…:busiest1d`: the busiest hour of a day.
- `libvirt_scrape_collector_duration_seconds:max5m` and `:max30m`: how long a collector took at most.
- `libvirt_migrations_total:sampled`, and of migrations that left `libvirt_migration_…_bucket:sampled`: the
  same counters less often; `libvirt_host_network_…_total:sampled`: of packets that hosts dropped, and errors;
  `libvirt_backups_total:sampled`: of backups. `:sampled30m`: each half hour. Each sample is the highest of
  its time: a counter that begins anew and is as high again within it seems to have gone on.

A good start is to keep raw samples for 15 days, five minutes for 90 days, and hours for years:

- Prometheus has one retention for all series. Set `--storage.tsdb.retention.time=90d`. For years, let a
  second one read `{__name__=~".+:(avg|max|p95_)1h"}` by federation or remote write.
- VictoriaMetrics has `-retentionPeriod` for all series. Its enterprise version has `-retentionFilter` by
  series, and `-downsampling.period`.
- Thanos' compactor downsamples blocks to 5 m and 1 h; `--retention.resolution-raw`, `-5m` and `-1h` say how
  long each is kept. Keep raw blocks for more than 10 days: coarser ones are made after 40 h and 10 days.
- Mimir has `compactor_blocks_retention_period` for each tenant and no retention by series: write the hours to
  a tenant of their own.
"""
LAYER = """
## The normalised layer

The recording rules give these series, with the label `provider` and the labels below. Dashboards,
forecaster and alerts read them, whatever exporter feeds them. Where several providers know the same host,
the first one listed records it.

| series | labels | provider | |
|---|---|---|---|
"""
VALUES = """
## Values

A values file is YAML and holds only the values that you change, by section:

    filesystem: {floor: 0.8, predicted_for: 30m}
    cpu: {deviation: 0.3}

Write all files with it: `virtcast-forecaster rules --values FILE --output DIR`. With `--profile live` the
values of the column `live` are the defaults, and Prometheus scrapes jobs of VMs and fast scores every second.
Who is scraped stands in DIR/targets, which is written once and is yours to edit.

"""


def text() -> str:
    """The document."""
    return "".join((INTRODUCTION, ALERTS, *_alerts(), LAYER, *_outputs(), AGGREGATES, VALUES, *_values()))


def _alerts() -> Iterator[str]:
    for area in AREAS:
        for row in area.alerts:
            alert = settled(row, PROFILES["default"].get(area.name, {}))
            link = f"[{alert.name}](runbooks/{alert.runbook_name}.md)"
            times = f"{alert.for_ or ''} | {alert.keep_firing_for or ''}"
            yield f"| {link} | {alert.severity} | {alert.kind} | {times} |\n"


def _outputs() -> Iterator[str]:
    ordered = preferred_first(PROVIDERS)
    for output in layer.OUTPUTS:
        labels = ", ".join(f"`{label}`" for label in output.labels)
        providers = ", ".join(provider.name for provider in ordered if provider.row(output.name))
        providers = providers or "none: optional"
        yield f"| `{output.name}` | {labels} | {providers} | {output.about} |\n"


def _values() -> Iterator[str]:
    yield "| section | value | default | live | demo | |\n|---|---|---|---|---|---|\n"
    for section in SECTIONS:
        for value in section.values:
            demo, live = ("" if each is None else each for each in (value.demo, value.live))
            default = str(value.default).replace("|", "\\|")
            yield f"| `{section.name}` | `{value.name}` | {default} | {live} | {demo} | {value.about} |\n"
        if section.names:
            yield f"| `{section.name}` | {section.names} | | | | {section.about} |\n"
