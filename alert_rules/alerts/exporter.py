"""The exporter's own health: what it cannot read, drops, or waits for."""

from __future__ import annotations

from alert_rules.alert import FLEET_HOST, Alert, Area
from alert_rules.annotations import AGE, NUMBER, each
from alert_rules.layer import HOST
from alert_rules.promql import largest
from alert_rules.values import Section, Value

VALUES = Section(
    "exporter",
    "The health of exporters",
    (
        Value("collector_for", "15m", "A collector fails this long before it is reported."),
        Value("window", "30m", "Drops and failures are reported for this long."),
        Value("reading_failures", 3, "So many failures of one reading within that time are reported."),
        Value("stuck", 8, "So many connections or agents that wait are reported: libvirtd has 20 workers."),
        Value("stuck_for", "10m", "They wait this long before it is reported."),
        Value("reconnects", 6, "So many new connections within an hour: libvirt restarts, or refuses."),
        Value("scrape_seconds", 8, "libvirt answers too slowly from here on; a scrape may take 10 s."),
        Value("clock_seconds", 30, "A host's clock may be ahead of Prometheus' by so much."),
    ),
)
ON_HOST = "The exporter of {{ $labels.instance }}"

ALERTS = (
    Alert(
        name="LibvirtCollectorFailing",
        expr="min by (instance, collector) (libvirt_scrape_collector_success) == 0",
        for_="$collector_for",
        severity="warning",
        kind="actual",
        summary="The collector {{ $labels.collector }} of {{ $labels.instance }} fails",
        description=f"{ON_HOST} cannot make the metrics of its collector {{{{ $labels.collector }}}}. "
        "Alerts on them are silent; the others are not affected.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtSamplesDropped",
        expr="max by (instance, collector) "
        "(increase(libvirt_scrape_collector_dropped_samples_total[$window])) > 0",
        severity="warning",
        kind="actual",
        summary="The exporter of {{ $labels.instance }} drops samples of {{ $labels.collector }}",
        description=f"{ON_HOST} dropped {NUMBER} samples of its collector {{{{ $labels.collector }}}} within "
        "$window: there are more than --scrape.series-limit allows.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtReadingFailing",
        expr="max by (instance, reading) (increase(libvirt_reading_failures_total[$window])) "
        ">= $reading_failures",
        severity="info",
        kind="actual",
        summary="The exporter of {{ $labels.instance }} cannot read {{ $labels.reading }}",
        description=f"{ON_HOST} failed {NUMBER} times within $window to read {{{{ $labels.reading }}}} "
        "in the background. A daemon or a permission is missing, or it takes too long.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtConnectionsStuck",
        expr=f"{largest('libvirt_statistics_connections_stuck', HOST)} >= $stuck",
        for_="$stuck_for",
        severity="warning",
        kind="actual",
        summary=f"{NUMBER} connections to libvirt on {{{{ $labels.instance }}}} wait for stuck VMs",
        description=f"{NUMBER} connections of the exporter of {{{{ $labels.instance }}}} wait for VMs that "
        "do not "
        "answer, each in one of libvirtd's 20 workers. Without free workers nobody can manage a VM there. "
        "VMs: "
        + each(
            'libvirt_domain_stats_stale{instance="$instance"} == 1',
            "{{ .Labels.domain }} ",
            otherwise="unknown.",
        ),
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtGuestAgentsHung",
        expr=f"{largest('libvirt_guest_agents_hung', HOST)} >= $stuck",
        for_="$stuck_for",
        severity="warning",
        kind="actual",
        summary=f"{NUMBER} guest agents on {{{{ $labels.instance }}}} hang",
        description=f"{NUMBER} guest agents on {{{{ $labels.instance }}}} have been asked and do not "
        "answer, each in "
        "one of libvirtd's 20 workers. No other agent is asked until some answer.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtDomainsUnreadable",
        expr=f"{largest('libvirt_domains_unreadable', HOST)} > 0",
        for_="$collector_for",
        severity="warning",
        kind="actual",
        summary=f"{NUMBER} VMs of {{{{ $labels.instance }}}} are missing in the metrics",
        description=f"libvirt's answer about {NUMBER} VMs of {{{{ $labels.instance }}}} cannot be read. "
        "They have no metrics and no alerts.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtReconnecting",
        expr=f"{largest('increase(libvirt_connections_opened_total[1h])', HOST)} >= $reconnects",
        severity="warning",
        kind="actual",
        summary=f"The exporter of {{{{ $labels.instance }}}} had to connect {NUMBER} times within an hour",
        description=f"{ON_HOST} opened {NUMBER} connections to libvirt within an hour: "
        "libvirtd restarts again and again, or cuts connections.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtSlow",
        expr=f"{largest('libvirt_scrape_duration_seconds', HOST)} >= $scrape_seconds",
        for_="$stuck_for",
        severity="warning",
        kind="actual",
        summary=f"libvirt on {{{{ $labels.instance }}}} takes {AGE} to answer",
        description=f"libvirt on {{{{ $labels.instance }}}} takes {AGE} for one scrape. Near the scrape's "
        "timeout, "
        "metrics of VMs go missing.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtBackgroundFailing",
        expr="max by (instance, task) (increase(libvirt_background_failures_total[$window])) > 0",
        severity="info",
        kind="actual",
        summary="The exporter of {{ $labels.instance }} failed in the background: {{ $labels.task }}",
        description=f"{ON_HOST} had {NUMBER} unforeseen failures of {{{{ $labels.task }}}} within $window. "
        "It goes on; its log has the reason.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="HostClockAhead",
        comment="A time that the exporter has written and that has not come yet.",
        expr="max by (instance) (libvirt_reading_last_update_timestamp_seconds) - time() > $clock_seconds",
        for_="$collector_for",
        severity="warning",
        kind="actual",
        summary=f"The clock of {{{{ $labels.instance }}}} is {AGE} ahead",
        description=f"The clock of the host {{{{ $labels.instance }}}} is {AGE} ahead of Prometheus'. "
        "Ages of backups, snapshots and guests' figures are wrong.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtReloadFailed",
        expr="max by (instance) (libvirt_exporter_config_last_reload_successful) == 0",
        severity="warning",
        kind="actual",
        summary="The exporter of {{ $labels.instance }} refused its new configuration",
        description=f"{ON_HOST} could not read its configuration when it was told to. "
        "The previous one stays in force until it restarts; then it will not start.",
        dashboard=FLEET_HOST,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
