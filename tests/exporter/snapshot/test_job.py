"""Jobs: units, and what is unknown."""

from __future__ import annotations

from exporter.snapshot.job import Job


def test_job_units() -> None:
    job = Job.read({"operation": 5, "type": 2, "time_elapsed": 1500, "downtime": 250, "memory_dirty_rate": 3,
                    "memory_page_size": 4096, "data_total": 9})  # fmt: skip
    assert job is not None
    assert (job.operation, job.elapsed, job.downtime) == ("migration_out", 1.5, 0.25)
    assert (job.memory_dirty_rate, job.data_total, job.disk_total) == (12_288, 9, None)


def test_a_dirty_rate_without_a_page_size_is_not_a_rate_in_bytes() -> None:
    job = Job.read({"operation": 5, "memory_dirty_rate": 3})
    assert job is not None
    assert job.memory_dirty_rate is None


def test_no_job_is_none() -> None:
    assert Job.read({"type": 0}) is None


def test_unknown_operation_and_type_are_called_so() -> None:
    job = Job.read({"operation": 99, "type": 42})
    assert job is not None
    assert (job.operation, job.type) == ("unknown", "unknown")
