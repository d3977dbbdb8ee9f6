"""Limits of disks, from the XML of test_block.py."""

from __future__ import annotations

VIRSH = """
[described] blkdeviotune {domain} vda
1        total_bytes_sec              libvirt_domain_block_stats_limit_total_bytes
1        total_bytes_sec_max          libvirt_domain_block_stats_limit_burst_total_bytes
1        total_bytes_sec_max_length   libvirt_domain_block_stats_limit_burst_total_bytes_length_seconds
1        total_iops_sec               libvirt_domain_block_stats_limit_total_requests
1        total_iops_sec_max           libvirt_domain_block_stats_limit_burst_total_requests
1        total_iops_sec_max_length    libvirt_domain_block_stats_limit_burst_length_total_requests_seconds
1        size_iops_sec                libvirt_domain_block_stats_size_iops_bytes

[limited] blkdeviotune {domain} vda
1        read_bytes_sec               libvirt_domain_block_stats_limit_read_bytes
1        read_bytes_sec_max           libvirt_domain_block_stats_limit_burst_read_bytes
1        read_bytes_sec_max_length    libvirt_domain_block_stats_limit_burst_read_bytes_length_seconds
1        read_iops_sec                libvirt_domain_block_stats_limit_read_requests
1        read_iops_sec_max            libvirt_domain_block_stats_limit_burst_read_requests
1        read_iops_sec_max_length     libvirt_domain_block_stats_limit_burst_length_read_requests_seconds
1        write_bytes_sec              libvirt_domain_block_stats_limit_write_bytes
1        write_bytes_sec_max          libvirt_domain_block_stats_limit_burst_write_bytes
1        write_bytes_sec_max_length   libvirt_domain_block_stats_limit_burst_write_bytes_length_seconds
1        write_iops_sec               libvirt_domain_block_stats_limit_write_requests
1        write_iops_sec_max           libvirt_domain_block_stats_limit_burst_write_requests
1        write_iops_sec_max_length    libvirt_domain_block_stats_limit_burst_length_write_requests_seconds
"""
