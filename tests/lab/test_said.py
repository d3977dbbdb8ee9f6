"""What virsh prints, in its several ways, by name."""

from __future__ import annotations

import pytest

from lab import said


@pytest.mark.parametrize(
    ("command", "output", "found"),
    [
        ("dominfo", "Id:   1\nMax memory:  98304 KiB\n\n", {"Id": "1", "Max memory": "98304 KiB"}),
        ("guestinfo", "if.0.hwaddr : 52:54:00:00:00:01", {"if.0.hwaddr": "52:54:00:00:00:01"}),
        ("domstats", "Domain: 'a'\n  cpu.time=7\n", {"Domain: 'a'": "", "cpu.time": "7"}),
        ("domblkstat", "vda rd_req 552\n", {"vda rd_req": "552"}),
        (
            "node-memory-tune",
            "Shared memory:\n\tshm_pages_to_scan 100\n\tshm_pages_shared 7\n",
            {"Shared": "memory:", "shm_pages_to_scan": "100", "shm_pages_shared": "7"},
        ),
        ("hostname", "host-a\n", {"*": "host-a"}),
        (
            "net-dhcp-leases",
            " 2026-11-21 04:00:00   52:54:00:77:00:09   ipv4   10.77.0.9/24   web   -\n",
            {
                "Expiry": "2026-11-21 04:00:00",
                "MAC": "52:54:00:77:00:09",
                "IP": "10.77.0.9",
                "Hostname": "web",
            },
        ),
        ("net-dhcp-leases", "", {}),
    ],
)
def test_values_by_name(command: str, output: str, found: dict[str, str]) -> None:
    assert said(command, output) == found
