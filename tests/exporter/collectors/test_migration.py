"""Live migrations that ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.collectors.migration import LAST, collect
from exporter.metric import Distribution, Histogram
from exporter.snapshot.job import Job
from exporter.snapshot.migration import Direction, Migration, Migrations, Result

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot


def seen(*values: float) -> Distribution:
    histogram = Histogram((1, 10))
    for value in values:
        histogram.observe(value)
    return histogram.read()


JOB = {
    "operation": 4, "type": 2, "time_elapsed": 61_001, "downtime": 62_002, "data_processed": 53004,
    "memory_iteration": 60011, "memory_total": 54_005, "memory_constant": 13, "memory_page_size": 4096,
    "memory_bps": 55_006, "memory_dirty_rate": 14,
}  # fmt: skip
SNAPSHOT = {
    "migrations": Migrations(
        counts={(d, r): 70 + n for n, (d, r) in enumerate((d, r) for d in Direction for r in Result)},
        durations={Direction.OUTGOING: seen(0.5, 5, 50)},
        downtimes={Direction.OUTGOING: seen(0.25)},
        transferred={Direction.INCOMING: seen(2, 3)},
        last=(
            Migration("uuid-web", "web", Direction.INCOMING, Result.SUCCESS, 777.5, Job.read(JOB)),
            Migration("uuid-old", "old", Direction.OUTGOING, Result.FAILED, 888.5),
        ),
    ),
}
VIRSH = """
[moved] domjobinfo {domain} --completed --keep-completed --rawstats
ms       time_elapsed                 libvirt_domain_last_migration_duration_seconds
ms       downtime                     libvirt_domain_last_migration_downtime_seconds
1        data_processed               libvirt_domain_last_migration_transferred_bytes
1        memory_iteration             libvirt_domain_last_migration_memory_iterations
1        memory_total                 libvirt_domain_last_migration_memory_total_bytes
page     memory_constant              libvirt_domain_last_migration_memory_constant_bytes
1        memory_bps                   libvirt_domain_last_migration_memory_bytes_per_second

nobody: the exporter keeps what it polled last: test_migrations.py
    libvirt_domain_last_migration_memory_dirty_bytes_per_second

nobody: the exporter counts events and times them itself: test_exporter_lab.py, test_exporter_domains.py
    libvirt_migrations_total libvirt_migration_duration_seconds libvirt_migration_downtime_seconds
    libvirt_migration_transferred_bytes libvirt_domain_last_migration_timestamp_seconds
"""


def last(snapshot: Snapshot) -> list[tuple[str, str, str, object]]:
    return [(*one.labels, one.value) for one in collect(snapshot) if one.metric is LAST]  # type: ignore[misc]


def test_a_domain_that_is_created_anew_under_an_old_name_has_not_been_migrated(snapshot: Snapshot) -> None:
    web, idle = snapshot.domains
    anew = replace(snapshot, domains=(replace(web, uuid="uuid-new"), idle))
    assert last(anew) == [("old", "outgoing", "failed", 888.5)]


def test_a_domain_goes_by_its_present_name_and_has_one_last_migration(snapshot: Snapshot) -> None:
    web, idle = snapshot.domains
    before = Migration("uuid-web", "web", Direction.INCOMING, Result.SUCCESS, 777.5)
    after = Migration("uuid-web", "shop", Direction.INCOMING, Result.SUCCESS, 779.5)
    renamed = replace(
        snapshot,
        domains=(replace(web, name="shop"), idle),
        migrations=replace(snapshot.migrations, last=(after, before)),
    )
    assert last(renamed) == [("shop", "incoming", "success", 779.5)]
