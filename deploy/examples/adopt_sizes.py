#!/usr/bin/env python3
"""Give the VMs of one host the sizes that virtcast recommends, from their next start on.

adopt_sizes.py --instance=host-a:9177                          # only says what it would do
adopt_sizes.py --instance=host-a:9177 --apply --audit=sizes.jsonl

It leaves out VMs that libvirt does not have by their UUID, or with another size than the advice is of: advice
is about another host, or old.
"""

import argparse
import json
import math
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--forecaster", default="http://127.0.0.1:9178")
parser.add_argument("--connect", default="qemu:///system", help="libvirt's URI of that host")
parser.add_argument("--instance", required=True, help="the host, as Prometheus names it")
parser.add_argument("--risk", default="conservative", choices=("conservative", "balanced", "aggressive"))
parser.add_argument("--apply", action="store_true", help="run the commands, too")
parser.add_argument("--audit", type=Path, default="/dev/stdout", help="takes a line of JSON for each command")
flags = parser.parse_args()

COMMANDS = {"cpu": (["setvcpus", "--maximum"], ["setvcpus"]), "memory": (["setmaxmem"], ["setmem"])}
VIRSH = ["virsh", "--connect", flags.connect]


def has(uuid: str, part: str, *more: str) -> tuple[int, int]:
    """The most that a VM can be given of a part, and what it is given: virtual CPUs or bytes. Raises
    LookupError where libvirt does not have the VM.
    """
    told = subprocess.run([*VIRSH, "dumpxml", uuid, *more], capture_output=True, text=True, check=False)
    if told.returncode:
        raise LookupError(told.stderr.strip())
    domain = ET.fromstring(told.stdout)  # noqa: S314 (libvirt wrote it)
    if part == "cpu":
        cpus = domain.findtext("vcpu", "0")
        online = [each.get("current", cpus) for each in domain.iter("vcpu")][:1]
        return int(cpus), int(*online)
    most, given = (1024 * int(domain.findtext(name, "0")) for name in ("memory", "currentMemory"))
    return most, given


def commands(each: dict[str, Any]) -> list[list[str]]:
    """What gives a VM a size. Raises LookupError, which says why it is given none."""
    uuid, part, size = each["uuid"], each["part"], math.ceil(each["sizes"][flags.risk])
    if not uuid:
        raise LookupError("its UUID is not known")
    most, given = has(uuid, part)
    if each["current"] != (given if part == "cpu" else most):
        raise LookupError("it has another size than the advice is of")
    known = most, given = has(uuid, part, "--inactive")
    if each["verdict"] == "oversized":
        wanted = min(size, most), min(size, given)  # what a balloon took stays taken
        changes = size < each["current"]
    else:
        wanted = max(size, most), size
        changes = size > each["current"]
    if not changes or wanted == known:
        raise LookupError("it has that size, or will have it from its next start on")
    flag = "--count={}" if part == "cpu" else "--size={}b"
    return [
        [*VIRSH, *command, f"--domain={uuid}", flag.format(amount), "--config"]
        for command, amount, now in zip(COMMANDS[part], wanted, known, strict=True)
        if amount != now
    ]


query = urllib.parse.urlencode({"match[]": f"{{instance={json.dumps(flags.instance)}}}", "limit": 1000})
url = f"{flags.forecaster}/api/v1/recommendations?{query}"
with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 (whoever runs it names the address)
    advice = json.load(answer)["data"]["recommendations"]
for each in (one for one in advice if one["verdict"] in ("oversized", "undersized")):
    name = each["labels"]["domain"]
    try:
        todo = commands(each)
    except LookupError as error:
        print(f"{name}, {each['part']}: left out: {error}", file=sys.stderr)
        continue
    for full in todo:
        done = subprocess.run(full, check=False).returncode if flags.apply else None
        said = {
            "at": time.time(),
            "vm": name,
            "command": full,
            "status": done,
            "was": each["current"],
            "why": each["reason"],
        }
        with flags.audit.open("a", encoding="utf-8") as audit:
            audit.write(json.dumps(said) + "\n")
        if done:
            break
