"""Details of guests."""

from __future__ import annotations

from exporter.snapshot.guest_details import Details

GUEST = {
    "hostname": "shop-1.example", "os.id": "debian", "os.name": "Debian GNU/Linux", "os.version-id": "12",
    "os.pretty-name": "Debian GNU/Linux 12 (bookworm)", "os.version": "12 (bookworm)",
    "os.kernel-release": "6.1.0-18-cloud-amd64", "os.machine": "x86_64",
    "timezone.name": "CET", "timezone.offset": 3600,
    "user.count": 1, "user.0.name": "alice", "user.0.domain": "CORP", "user.0.login-time": 1_700_000_000_500,
    "if.count": 2, "if.0.name": "lo", "if.0.addr.count": 1, "if.0.addr.0.addr": "127.0.0.1",
    "if.1.name": "eth0", "if.1.hwaddr": "52:54:00:00:00:01", "if.1.addr.count": 2,
    "if.1.addr.0.type": "ipv4", "if.1.addr.0.addr": "192.168.122.7", "if.1.addr.0.prefix": 24,
    "if.1.addr.1.type": "ipv6", "if.1.addr.1.addr": "fe80::1", "if.1.addr.1.prefix": 64,
}  # fmt: skip  # fmt: skip
AGENT = {"details": Details.read(GUEST, -0.25)}
VIRSH = """
[answering] guestinfo {domain}
=hostname        hostname             libvirt_domain_guest_info
=os_id           os.id                libvirt_domain_guest_info
=os_name         os.pretty-name       libvirt_domain_guest_info
=os_version      os.version-id        libvirt_domain_guest_info
=kernel_release  os.kernel-release    libvirt_domain_guest_info
=machine         os.machine           libvirt_domain_guest_info
=timezone        timezone.name        libvirt_domain_guest_info
1        timezone.offset              libvirt_domain_guest_timezone_offset_seconds
1        user.count                   libvirt_domain_guest_users

nobody: the exporter counts events and times them itself: test_exporter_lab.py, test_exporter_domains.py
    libvirt_domain_guest_clock_offset_seconds

nobody: it follows from figures above; test_exporter_values.py calculates it
    libvirt_domain_guest_addresses
"""
