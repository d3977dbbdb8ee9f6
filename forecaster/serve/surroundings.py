"""Whether what stands around the forecaster is in order: exporters, rules, and who scrapes the forecaster.

Everything is asked of the backend. Each finding says what is there, or what is missing and what mends it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exporter.web.finding import NAMES_SHOWN, Finding, some
from forecaster.config.durations import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forecaster.config.model import Config
    from forecaster.promql.client import Client
    from forecaster.promql.rules import Rule
    from forecaster.series.frame import Track

CYCLES_LATE = 3  # without success, before a forecaster is told to be behind

EXPORTERS = "libvirt_up"
PROVIDERS = 'count by (provider) ({__name__=~"(vm|host):.+:ratio", provider!=""})'
NOT_SCRAPED = "up == 0"
MACHINES = 'group by (instance) (node_memory_MemTotal_bytes{domain=""})'  # of node_exporter
# Hosts whose exporter does not answer Prometheus, by the words of the alert LibvirtDown.
UNANSWERED = """\
max by (instance) (
  up{job=~".*libvirt.*|virtcast-exporter"}
    or
  up and on (job, instance) last_over_time(libvirt_up[1h])
) == 0
  or
(
  max by (instance) (up == 0 and on (instance) ALERTS{alertname="LibvirtDown"})
    unless on (instance) libvirt_up
)"""
FORECASTERS = "max by (job, instance) (virtcast_last_success_timestamp_seconds)"
# Without honor_labels the target's own label takes the place of the series', which gets the prefix exported_.
# /metrics/fast has such series only while something is anomalous or migrates, so the last minutes count.
RELABELLED = """\
(
  count by (job, instance) (
    {__name__=~"virtcast_(baseline_value|limit_value|series_state)", exported_instance!=""}
  )
    and on (job, instance) virtcast_last_success_timestamp_seconds
)
  or
(
  count by (job, instance) (
    last_over_time(
      {__name__=~"virtcast_(fast_anomaly_score|migration_remaining_seconds)", exported_instance!=""}[15m]
    )
  )
    and on (job, instance) virtcast_fast_circuit_open
)"""
FAST_PAGES = "max by (instance) (virtcast_fast_circuit_open)"  # /metrics/fast always has it
RECORDED = re.compile(r"\b[a-z_]+:[a-z_]+:[a-z_0-9]+\b")  # names of the normalised layer in a query
AGGREGATED = re.compile(r"\b[a-z_]+:[a-z_]+:[a-z_0-9]+:[a-z_0-9]+\b")  # its aggregates, such as ...:avg1h

WRITE_RULES = (
    "virtcast-forecaster rules --output DIR; add DIR/*.rules.yml to rule_files of Prometheus, and reload it"
)
TAKE_JOB = (
    "add the job `{job}` of the prometheus.yml that `virtcast-forecaster rules --output DIR` writes to "
    "scrape_configs{also}, and name {whom} in targets/{file}.yml beside your prometheus.yml "
    "(DIR/targets/{file}.yml shows how)"
)
SCRAPE_EXPORTERS = "start virtcast-exporter on the hosts of the VMs; " + TAKE_JOB.format(
    job="libvirt", file="libvirt", also="", whom="the hosts"
)
SCRAPE_FORECASTER, SCRAPE_FAST = (
    TAKE_JOB.format(job=job, file="virtcast", also=", with honor_labels: true", whom="the forecaster")
    for job in ("virtcast", "virtcast-fast")
)
LOAD_AGGREGATES = (
    "add aggregates.rules.yml to rule_files of Prometheus, and reload it: the packages have it in "
    "/usr/share/virtcast/rules/optional, and `virtcast-forecaster rules --output DIR` writes it"
)
ANSWER_PROMETHEUS = (
    "the page Targets of Prometheus says why: virtcast-exporter must run there, and Prometheus reach its "
    "port; of a host that is gone, remove the target"
)


def surroundings(
    config: Config, client: Client, loaded: Sequence[Rule] | None, now: int
) -> Iterator[Finding]:
    """Of exporters, `loaded` rules and forecasters, as of the Unix second `now`. Raises PromqlError."""
    up, *others = (client.instant(query, now) for query in (EXPORTERS, UNANSWERED, PROVIDERS, NOT_SCRAPED))
    yield from exporters(up, *others)
    yield from machines(up, client.instant(MACHINES, now))
    yield from rules(loaded, wanted(config))
    step = max([config.step, *(each.step or 0 for each in config.resources)])
    last = client.instant(FORECASTERS, now)
    yield from forecasters(last, client.instant(RELABELLED, now), now, step)
    scores = fast_scores(config)
    if scores or up:  # migrations are those of libvirt
        yield from fast_pages(last, client.instant(FAST_PAGES, now), scores)


def fast_scores(config: Config) -> list[str]:
    """The resources whose scores between the steps stand on /metrics/fast and nowhere else."""
    pushed = config.backend.remote_write_url is not None
    return [] if pushed else [each.name for each in config.resources if each.fast]


def wanted(config: Config) -> frozenset[str]:
    """The recorded series that the queries of the resources read."""
    return frozenset(name for each in config.resources for name in recorded_names(each.query))


def recorded_names(query: str) -> frozenset[str]:
    """The series of the normalised layer that a query names."""
    return frozenset(RECORDED.findall(query))


def exporters(
    up: Sequence[Track], unanswered: Sequence[Track], providers: Sequence[Track], not_scraped: Sequence[Track]
) -> Iterator[Finding]:
    """Of `libvirt_up`, of the exporters that do not answer, of the providers that the recording rules know,
    and of all targets that are down: one of these may be an exporter where nothing says so.
    """
    down = [_label(each, "instance") for each in up if not each.values[-1]]
    if down:
        yield Finding(
            "failed",
            "exporters",
            f"libvirt does not answer at {some(down)}",
            "virtcast-exporter --check on that host says why",
        )
    if unanswered:
        hosts = some(_label(each, "instance") for each in unanswered)
        yield Finding(
            "failed", "exporters", f"Prometheus cannot scrape the exporter of {hosts}", ANSWER_PROMETHEUS
        )
    if down or unanswered:
        return
    if up:
        yield Finding("ok", "exporters", f"{_count(len(up), 'host')} of libvirt")
    elif providers:
        known = some(_label(each, "provider") for each in providers)
        yield Finding("ok", "exporters", f"provider {known}")
    else:
        targets = [f"{_label(each, 'job')} {_label(each, 'instance')}" for each in not_scraped]
        told = f"; Prometheus cannot scrape {some(targets)}" if targets else ""
        yield Finding("none", "exporters", f"no series of an exporter{told}", SCRAPE_EXPORTERS)


def machines(up: Sequence[Track], scraped: Sequence[Track]) -> Iterator[Finding]:
    """Of hosts by `libvirt_up` whose node_exporter, by MACHINES, has another `instance`."""
    of_libvirt = {_label(each, "instance") for each in up}
    hosts = {_host(instance) for instance in of_libvirt}
    of_node = {_label(each, "instance") for each in scraped} - of_libvirt
    if apart := [instance for instance in of_node if _host(instance) in hosts]:
        yield Finding(
            "none",
            "node_exporter",
            f"{some(apart)} not used: another `instance` than libvirt's on the same host",
            "give both one `instance` (docs/install.md), if the host is to have the figures of node_exporter",
        )


def _host(instance: str) -> str:
    return re.sub(r":\d+$", "", instance)


def rules(found: Sequence[Rule] | None, names: Iterable[str]) -> Iterator[Finding]:
    """Of the rules that are loaded, where `names` must be recorded; None where nobody says it."""
    if found is None:
        yield Finding("none", "rules", "the backend does not say which rules are loaded")
        return
    if not found:  # others may evaluate them, and write here
        yield Finding("none", "rules", "the backend has loaded none", WRITE_RULES)
        return
    recorded = recorded_by(found)
    if missing := sorted(set(names) - recorded):
        yield Finding("failed", "recording rules", f"{some(missing)} not recorded", WRITE_RULES)
    elif recorded:
        yield Finding("ok", "recording rules", f"{len(recorded)} series are recorded")
    alerts = [each for each in found if each.alerts and each.group.startswith("virtcast-")]
    if alerts:
        yield Finding("ok", "alerts", f"{len(alerts)} rules")
    else:
        yield Finding("none", "alerts", "no alerts.rules.yml is loaded", WRITE_RULES)
    if silent := [each.name for each in alerts if set(AGGREGATED.findall(each.query)) - recorded]:
        told = f"{some(silent)} cannot fire: Prometheus records no aggregates, which they read"
        yield Finding("none", "aggregates", told, LOAD_AGGREGATES)
    for each in _broken(found)[:NAMES_SHOWN]:
        yield Finding("failed", f"rule {each.name}", each.error)


def recorded_by(found: Iterable[Rule] | None) -> frozenset[str]:
    """The series that loaded rules record."""
    return frozenset(each.name for each in found or () if not each.alerts)


def forecasters(last: Sequence[Track], relabelled: Sequence[Track], now: int, step: int) -> Iterator[Finding]:
    """Of the forecasters that the backend knows: their last success, and the labels of their series."""
    if not last:
        yield Finding("none", "forecaster", "Prometheus has no series of one", SCRAPE_FORECASTER)
        return
    for each in last:
        age = max(0, round(now - float(each.values[-1])))
        late = age > CYCLES_LATE * step
        yield Finding(
            "failed" if late else "ok",
            f"forecaster {_label(each, 'instance')}",
            f"its last cycle succeeded {written(age)} ago",
            "its log says what fails" if late else "",
        )
    for each in relabelled:
        yield Finding(
            "failed",
            f"forecaster {_label(each, 'instance')}",
            "its series have exported_instance: they cannot be joined with those they forecast",
            f"set honor_labels: true in the scrape job {_label(each, 'job')}",
        )


def fast_pages(last: Sequence[Track], fast: Sequence[Track], scores: Sequence[str]) -> Iterator[Finding]:
    """Of forecasters whose /metrics/fast is not scraped; `scores` are the resources whose scores need it.

    Without such resources one page is enough: the first shard alone tells the time left of migrations. Of
    several forecasters others may have no such resources.
    """
    known, scraped = ({_label(each, "instance") for each in tracks} for tracks in (last, fast))
    if len(scraped) >= (len(known) if scores else min(1, len(known))):
        return
    told = f"scores of {some(scores)} and " if scores else ""
    yield Finding(
        "failed" if scores and not scraped else "none",
        "forecaster",
        f"/metrics/fast of {some(known - scraped)} is not scraped: {told}the time left of migrations",
        SCRAPE_FAST,
    )


def _broken(found: Sequence[Rule]) -> list[Rule]:
    return [each for each in found if each.error and each.group.startswith("virtcast-")]


def _label(of: Track, name: str) -> str:
    return dict(of.labels).get(name, "?")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
