"""A job that runs."""

from __future__ import annotations

from exporter.snapshot.job import Job

JOB = {
    "operation": 5, "type": 2, "time_elapsed": 50001, "time_remaining": 51002, "data_total": 52003,
    "data_processed": 53004, "data_remaining": 54005, "memory_total": 55006, "memory_processed": 56007,
    "memory_remaining": 57008, "memory_bps": 58009, "memory_dirty_rate": 59010, "memory_iteration": 60011,
    "memory_constant": 61012, "memory_postcopy_requests": 62013, "memory_page_size": 4096,
    "disk_total": 63014, "disk_processed": 64015, "disk_remaining": 65016, "disk_bps": 66017,
    "downtime": 67018, "setup_time": 68019, "auto_converge_throttle": 69020, "compression_bytes": 70021,
}  # fmt: skip
DOMAIN = {"job": Job.read(JOB)}
VIRSH = """
[moving] domjobinfo {domain} --rawstats
ms       time_elapsed                 libvirt_domain_job_elapsed_seconds
1        data_total                   libvirt_domain_job_data_total_bytes
1        data_processed               libvirt_domain_job_data_processed_bytes
1        data_remaining               libvirt_domain_job_data_remaining_bytes
1        memory_total                 libvirt_domain_job_memory_total_bytes
1        memory_processed             libvirt_domain_job_memory_processed_bytes
1        memory_remaining             libvirt_domain_job_memory_remaining_bytes
<1       memory_bps                   libvirt_domain_job_memory_bytes_per_second
page     memory_dirty_rate            libvirt_domain_job_memory_dirty_bytes_per_second
page     memory_constant              libvirt_domain_job_memory_constant_bytes
1        memory_iteration             libvirt_domain_job_memory_iteration
1        memory_postcopy_requests     libvirt_domain_job_memory_postcopy_requests
1        disk_total                   libvirt_domain_job_disk_total_bytes
1        disk_processed               libvirt_domain_job_disk_processed_bytes
1        disk_remaining               libvirt_domain_job_disk_remaining_bytes
ms       downtime                     libvirt_domain_job_downtime_seconds
ms       setup_time                   libvirt_domain_job_setup_seconds
1        compression_bytes            libvirt_domain_job_compression_bytes

nobody: states as words; libvirt's numbers for them are above
    libvirt_domain_job_info

nobody: QEMU of this version does not say it, or only on other architectures
    libvirt_domain_job_remaining_seconds libvirt_domain_job_disk_bytes_per_second

nobody: needs a guest that outruns its migration
    libvirt_domain_job_auto_converge_throttle_percent
"""
