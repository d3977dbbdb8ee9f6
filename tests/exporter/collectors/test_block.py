"""Disks of domains. Their XML has the limits of test_block_limits.py, too."""

from __future__ import annotations

DEVICES = """
<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'/>
 <source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/><serial>S1</serial>
 <alias name='virtio-disk0'/>
 <iotune><total_bytes_sec>3001</total_bytes_sec><total_bytes_sec_max>3002</total_bytes_sec_max>
  <total_bytes_sec_max_length>3003</total_bytes_sec_max_length><read_bytes_sec>3004</read_bytes_sec>
  <read_bytes_sec_max>3005</read_bytes_sec_max><read_bytes_sec_max_length>3006</read_bytes_sec_max_length>
  <write_bytes_sec>3007</write_bytes_sec><write_bytes_sec_max>3008</write_bytes_sec_max>
  <write_bytes_sec_max_length>3009</write_bytes_sec_max_length><total_iops_sec>3010</total_iops_sec>
  <total_iops_sec_max>3011</total_iops_sec_max><total_iops_sec_max_length>3012</total_iops_sec_max_length>
  <read_iops_sec>3013</read_iops_sec><read_iops_sec_max>3014</read_iops_sec_max>
  <read_iops_sec_max_length>3015</read_iops_sec_max_length><write_iops_sec>3016</write_iops_sec>
  <write_iops_sec_max>3017</write_iops_sec_max><write_iops_sec_max_length>3018</write_iops_sec_max_length>
  <size_iops_sec>3019</size_iops_sec><group_name>g</group_name></iotune></disk>
<disk type='network' device='disk'><driver type='raw'/><source protocol='rbd' name='pool/image'/>
 <target dev='vdb' bus='scsi'/></disk>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"""
STATISTICS = {
    "block.0.rd.reqs": 38038,
    "block.0.rd.bytes": 39039,
    "block.0.rd.times": 40040,
    "block.0.wr.reqs": 41041,
    "block.0.wr.bytes": 42042,
    "block.0.wr.times": 43043,
    "block.0.fl.reqs": 44044,
    "block.0.fl.times": 45045,
    "block.0.allocation": 46046,
    "block.0.capacity": 47047,
    "block.0.physical": 48048,
    "block.0.threshold": 49049,
    "block.0.errors": 50050,
    "block.0.name": "vda",
}
VIRSH = """
[suspended] domstats {domain} --raw
1        block.0.rd.bytes             libvirt_domain_block_stats_read_bytes_total
1        block.0.rd.reqs              libvirt_domain_block_stats_read_requests_total
ns       block.0.rd.times             libvirt_domain_block_stats_read_time_seconds_total
1        block.0.wr.bytes             libvirt_domain_block_stats_write_bytes_total
1        block.0.wr.reqs              libvirt_domain_block_stats_write_requests_total
ns       block.0.wr.times             libvirt_domain_block_stats_write_time_seconds_total
1        block.0.fl.reqs              libvirt_domain_block_stats_flush_requests_total
ns       block.0.fl.times             libvirt_domain_block_stats_flush_time_seconds_total
1        block.0.allocation           libvirt_domain_block_stats_allocation_bytes
1        block.0.capacity             libvirt_domain_block_stats_capacity_bytes
1        block.0.physical             libvirt_domain_block_stats_physical_bytes
1        block.0.threshold            libvirt_domain_block_stats_threshold_bytes

[suspended] domblkstat {domain} vda
1        vda rd_req                   libvirt_domain_block_stats_read_requests_total
1        vda rd_bytes                 libvirt_domain_block_stats_read_bytes_total
ns       vda rd_total_times           libvirt_domain_block_stats_read_time_seconds_total
1        vda wr_req                   libvirt_domain_block_stats_write_requests_total
1        vda wr_bytes                 libvirt_domain_block_stats_write_bytes_total
ns       vda wr_total_times           libvirt_domain_block_stats_write_time_seconds_total
1        vda flush_operations         libvirt_domain_block_stats_flush_requests_total
ns       vda flush_total_times        libvirt_domain_block_stats_flush_time_seconds_total

# Its Physical and Allocation are other notions than those of domstats.
[suspended] domblkinfo {domain} vda
1        Capacity                     libvirt_domain_block_stats_capacity_bytes

[suspended] domblklist {domain}
=source       vda                     libvirt_domain_block_stats_info

nobody: QEMU of this version does not say it, or only on other architectures
    libvirt_domain_block_stats_errors_total
"""
