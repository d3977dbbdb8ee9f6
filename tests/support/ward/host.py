"""The host with the patients, and a line of a runbook given to it with a reader's words."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from lab.requirements import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab import Host, Lab, RunningGuest

DESTINATION = "qemu+ssh://DESTINATION/system"
BARE_VM = {"VM": "bare", "TARGET": "vda"}
WARD = {"VM": "ward"}
OFF = {"VM": "off"}


@dataclass(frozen=True)
class Ward:
    """The patients: VMs, and what else a host has, by the word that a runbook uses."""

    lab: Lab
    folder: Path
    booted: RunningGuest
    begun: list[subprocess.Popen[str]] = field(default_factory=list)  # what runs beside a cure

    @property
    def host(self) -> Host:
        return self.lab.hosts[0]

    def virsh(self, *command: str) -> str:
        return self.host.virsh(*command)

    def xml(self, domain: str, *flags: str) -> ET.Element:
        return ET.fromstring(self.virsh("dumpxml", domain, *flags))  # noqa: S314 (libvirt's)

    def run(self, line: str, words: Mapping[str, str], typed: str = "") -> str:
        """What a line of a runbook prints, with the reader's words; an editor is the word EDITOR.
        With `typed` it runs on a terminal, and gets that again and again: virsh drops what comes early.
        """
        known = {"MACHINE": "pc", "NETWORK": "ward", "POOL": "ward", **words}
        there = (
            self.lab.hosts[1].uri if line.startswith("virsh -c ") else over_there(self, known.get("VM", ""))
        )
        editor = known.pop("EDITOR", "true")
        for word, put in sorted(known.items(), key=lambda each: -len(each[0])):
            line = re.sub(rf"(?<![\w/]){re.escape(word)}(?![\w/])", put.replace("\\", r"\\"), line)
        line = line.replace("FOLDER", str(self.folder)).replace(DESTINATION, there)
        if typed:
            typing = f"{{ trap '' PIPE; for _ in {{1..9}}; do sleep 2; printf '{typed}' || exit 0; done; }}"
            line = f"{typing} 2>/dev/null | script -qec {shlex.quote(line)} /dev/null"
        admin = f"libvirtd:///system?socket={self.host.folder}/run/libvirt-admin-sock"
        place = {
            "LIBVIRT_DEFAULT_URI": self.host.uri,
            "LIBVIRT_ADMIN_DEFAULT_URI": admin,
            "VISUAL": editor,
            "EDITOR": editor,
        }
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            env=ENVIRONMENT | place,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout


def nothing(_ward: Ward) -> None:
    """All is as it must be."""


def over_there(ward: Ward, name: str) -> str:
    """What a runbook's destination is here: the other host's socket, and one to migrate by."""
    sockets = f"--migrateuri unix://{ward.lab.root}/m-{name} --disks-uri unix://{ward.lab.root}/m-{name}d"
    return f"{ward.lab.hosts[1].uri} --unsafe {sockets}"
