"""Guest agents on real guests: asking them leaves no trace, and a hostile one costs its own guest only."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING

import pytest

from exporting import exporting
from lab import Disk, Guest, LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Page
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

FREEZING = 8  # seconds by the guest's clock, which may run fast
FLAGS = ("--libvirt.read-write", "--agent.interval=0.5")
UP, UPDATED = "libvirt_domain_guest_agent_up", "libvirt_domain_guest_agent_last_update_timestamp_seconds"
INFO, HUNG = "libvirt_domain_filesystem_info", "libvirt_guest_agents_hung"
FAILURES = "libvirt_background_failures_total"
# In place of qemu-ga, which init starts again and again. Its answers to guest-get-fsinfo are the lines of a
# file, one after the other; then it answers no more. Its port is at its end until libvirtd has connected.
HOSTILE = r"""#!/bin/sh
exec 3<>/dev/virtio-ports/org.qemu.guest_agent.0
exec 4</etc/answers
while :; do
    read -r line <&3 || { sleep 1; continue; }
    case $line in
    *guest-sync*) id=${line##*'"id"':}; id=${id# }; printf '{"return": %s}\n' "${id%%[!0-9]*}" >&3 ;;
    *guest-get-fsinfo*) read -r answer <&4 && printf '%s\n' "$answer" >&3 ;;
    *) printf '{"error": {"class": "CommandNotFound", "desc": "no"}}\n' >&3 ;;
    esac
done
"""
ANSWER = (
    '{"return": [{"name": "vda", "mountpoint": "%s", "type": "%s", "total-bytes": 10, "used-bytes": 5, '
    '"disk": []}]}'
)
READABLE = ("\\ufffd", "/a\\u0000b", "\\u001b[31m", "x" * 3000)
UNREADABLE = "\\udc00"


def write(guest: RunningGuest, file: str, text: str) -> None:
    """Write a file in the guest, by its own agent."""
    new, folder = f"{file}.new", file.rpartition("/")[0]
    command = f"mkdir -p {folder}; cat > {new}; chmod 755 {new}; mv {new} {file}"
    given = {"input-data": base64.b64encode(text.encode()).decode(), "capture-output": True}
    started = guest.agent("guest-exec", 30, path="/bin/sh", arg=["-c", command], **given)
    while not (status := guest.agent("guest-exec-status", pid=started["pid"]))["exited"]:
        time.sleep(0.2)
    assert status["exitcode"] == 0, status


def restart_agent(guest: RunningGuest) -> None:
    guest.agent("guest-exec", path="/bin/sh", arg=["-c", "sleep 1; killall qemu-ga"])


def agent_that_answers(guest: RunningGuest) -> str:
    """The PID of the agent in the guest; "" while none answers."""
    try:
        return guest.output("pidof qemu-ga").strip()
    except LabError:
        return ""


@pytest.fixture(scope="module")
def guest(lab: Lab) -> Iterator[RunningGuest]:
    (made,) = lab.hosts[0].start_all([Guest("agent", disks=(Disk(),))])
    yield made
    made.destroy()


def freeze_and_thaw(guest: RunningGuest) -> None:
    """As a backup does it; the guest is not left frozen."""
    guest.host.virsh("domfsfreeze", guest.name)
    assert guest.agent("guest-fsfreeze-status") == "frozen"
    guest.host.virsh("domfsthaw", guest.name)
    assert guest.agent("guest-fsfreeze-status") == "thawed"


def limit_of_agent(guest: RunningGuest) -> str:
    """What libvirt keeps for all its clients: the seconds an agent may take."""
    record = (guest.host.folder / f"run/qemu/{guest.name}.xml").read_text()
    found = re.search(r"<agentTimeout>(-?\d+)</agentTimeout>", record)
    assert found is not None
    return found[1]


def test_a_freeze_that_takes_long_ends_well_before_during_and_after(lab: Lab, guest: RunningGuest) -> None:
    hook = f'#!/bin/sh\n[ "$1" = freeze ] && sleep {FREEZING}\nexit 0\n'
    write(guest, "/etc/hook", hook)
    write(guest, "/etc/qemu/qemu-ga.conf", "[general]\nfsfreeze-hook=/etc/hook\n")
    former = agent_that_answers(guest)
    restart_agent(guest)
    limit = time.monotonic() + 60
    while agent_that_answers(guest) in {"", former}:
        assert time.monotonic() < limit, "no other agent answers"
        time.sleep(0.3)
    before = limit_of_agent(guest)
    freeze_and_thaw(guest)

    def answers(page: Page) -> bool:
        return page.value(UP, domain=guest.name) == 1

    with exporting(f"--libvirt.uri={lab.hosts[0].uri}", *FLAGS) as running:
        running.until(answers, "its agent is asked", 60)
        freeze_and_thaw(guest)
        running.until(answers, "its agent answers again", 120)
        assert limit_of_agent(guest) == before
    freeze_and_thaw(guest)
    assert limit_of_agent(guest) == before


def test_a_hostile_agent_costs_its_guest_only(
    lab: Lab, guest: RunningGuest, fleet: dict[str, RunningGuest]
) -> None:
    """Text of every kind, then an answer that cannot be decoded, then none at all."""
    assert fleet["filling"].host is lab.hosts[0]
    texts = (*READABLE, *READABLE, UNREADABLE)
    both = [ANSWER % (text, "ext4") for text in texts] + [
        ANSWER % (f"/{n}", text) for n, text in enumerate(texts)
    ]
    write(guest, "/etc/answers", "\n".join(both) + "\n")
    write(guest, "/usr/sbin/qemu-ga", HOSTILE)
    seen: set[str] = set()
    with exporting(f"--libvirt.uri={lab.hosts[0].uri}", *FLAGS) as running:
        restart_agent(guest)

        def hangs(page: Page) -> bool:
            assert page.value("libvirt_scrape_collector_success", collector="filesystem") == 1
            seen.update(one["mountpoint"] for one in page.series(INFO) if one["domain"] == guest.name)
            return page.value(HUNG) == 1

        page = running.until(hangs, "the agent hangs", 600)  # a shell in an emulated guest
        assert page.value(UP, domain=guest.name) == 0
        assert (page.value(FAILURES, task="agent") or 0) >= 1
        assert "�" in seen
        was = page.value(UPDATED, domain="filling") or 0
        running.until(lambda page: (page.value(UPDATED, domain="filling") or 0) > was + 5, "others go on", 60)
