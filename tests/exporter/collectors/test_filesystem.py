"""File systems in guests, and the agents that report them; details are those of test_guest.py."""

from __future__ import annotations

from exporter.snapshot.guest import filesystems

FILESYSTEMS = {
    "fs.count": 3,
    "fs.0.name": "vda1",
    "fs.0.mountpoint": "/",
    "fs.0.fstype": "ext4",
    "fs.0.total-bytes": 9001,
    "fs.0.used-bytes": 9002,
    "fs.0.disk.0.device": "/dev/vda1",
    "fs.1.name": "loop0",
    "fs.1.mountpoint": "/snap/core",
    "fs.1.fstype": "squashfs",
    "fs.1.total-bytes": 9003,
    "fs.1.used-bytes": 9003,
    "fs.2.name": "vdb",
    "fs.2.mountpoint": "/data",
    "fs.2.fstype": "xfs",
    "fs.2.total-bytes": 9004,
    "fs.2.used-bytes": 9005,
}
AGENT = {"up": True, "updated": 1234.5, "filesystems": filesystems(FILESYSTEMS)[0], "left_out": 7}
DEVICES = """
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>"""
VIRSH = """
[answering] guestinfo {domain}
1        fs.0.total-bytes             libvirt_domain_filesystem_size_bytes{mountpoint=/data}
1        fs.0.used-bytes              libvirt_domain_filesystem_used_bytes{mountpoint=/data}
=device  fs.0.disk.0.device           libvirt_domain_filesystem_info{mountpoint=/data}
=fstype  fs.0.fstype                  libvirt_domain_filesystem_info{mountpoint=/data}

nobody: the exporter counts what it leaves out; tests/exporter/snapshot/test_guest.py
    libvirt_domain_filesystems_left_out

nobody: the exporter counts events and times them itself: test_exporter_lab.py, test_exporter_domains.py
    libvirt_domain_guest_agent_up libvirt_domain_guest_agent_last_update_timestamp_seconds
"""
