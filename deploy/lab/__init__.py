"""Real libvirt hosts and real guests on one machine, for tests and the demo; no mocks.

    from lab import CpuLoad, DiskFill, Guest, Lab

    with Lab(hosts=2) as lab:
        host = lab.hosts[0]                       # host.uri, host.read_only_uri: qemu+unix:///system?socket=…
        guest = host.start(Guest("web", memory_mib=96, workload=(CpuLoad(percent=10), DiskFill(512))))
        guest.statistics()                        # virsh domstats as a dict
        guest.information()                       # virsh guestinfo as a dict: the real agent's answers
        guest.burst(seconds=20)                   # or guest.run(Workload), guest.stop(CpuLoad): at run time
        guest.freeze(), guest.thaw()              # SIGSTOP, SIGCONT for its QEMU (guest.pid)
        host.stop_daemon(), host.start_daemon()   # guests outlive libvirtd
        lab.migrate(guest, to=lab.hosts[1], bandwidth_mib=20)    # live
        migration = lab.begin_migration(guest, to=host)          # watch; .running() .wait() .cancel()
        host.start_all([Guest(f"g{i}", paused=True) for i in range(100)])

`Lab()` raises LabError, one line, when this machine cannot run it. Leaving it ends every process it started.
A host is one libvirtd in namespaces of its own (mount, PID, UTS, network). PID 1 in there (host.sh) ends when
the lab does, in whatever way, and the kernel then ends the rest. An ordinary user gets the same in a user
namespace. `PYTHONPATH=deploy python3 -m lab` starts one for a human.
"""

from __future__ import annotations

from lab.guest import Disk, Guest
from lab.host import Host
from lab.hypervisor import Hypervisor
from lab.lab import Lab, Migration
from lab.requirements import LabError, missing
from lab.running import RunningGuest
from lab.said import said
from lab.workload import (
    CpuBurst,
    CpuCycle,
    CpuLoad,
    DirtyPages,
    DiskFill,
    MemoryLeak,
    NetworkTraffic,
    Workload,
)

__all__ = [
    "CpuBurst",
    "CpuCycle",
    "CpuLoad",
    "DirtyPages",
    "Disk",
    "DiskFill",
    "Guest",
    "Host",
    "Hypervisor",
    "Lab",
    "LabError",
    "MemoryLeak",
    "Migration",
    "NetworkTraffic",
    "RunningGuest",
    "Workload",
    "missing",
    "said",
]
