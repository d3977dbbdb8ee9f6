#!/usr/bin/env python3
"""Give the VMs of one host the sizes that virtcast recommends, from their next start on.

adopt_sizes.py --instance=host-a:9177                          # only says what it would do
adopt_sizes.py --instance=host-a:9177 --apply --audit=sizes.jsonl
"""

import argparse
import json
import math
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--forecaster", default="http://127.0.0.1:9178")
parser.add_argument("--connect", default="qemu:///system", help="libvirt's URI of that host")
parser.add_argument("--instance", required=True, help="the host, as Prometheus names it")
parser.add_argument("--risk", default="conservative", choices=("conservative", "balanced", "aggressive"))
parser.add_argument("--apply", action="store_true", help="run the commands, too")
parser.add_argument("--audit", type=Path, default="/dev/stdout", help="takes a line of JSON for each command")
flags = parser.parse_args()

COMMANDS = {"cpu": (["setvcpus", "--maximum"], ["setvcpus"]), "memory": (["setmaxmem"], ["setmem"])}
query = urllib.parse.urlencode({"match[]": f"{{instance={json.dumps(flags.instance)}}}", "limit": 1000})
url = f"{flags.forecaster}/api/v1/recommendations?{query}"
with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 (whoever runs it names the address)
    advice = json.load(answer)["data"]["recommendations"]
for each in (one for one in advice if one["verdict"] in ("oversized", "undersized")):
    name, size = each["labels"]["domain"], math.ceil(each["sizes"][flags.risk])
    if name.isdecimal():  # virsh takes it for the ID of whatever runs under it
        print(f"{name}: left out, virsh cannot tell this name from an ID", file=sys.stderr)
        continue
    vm = f"--domain={name}"
    amount = f"--count={size}" if each["part"] == "cpu" else f"--size={size}b"
    for command in COMMANDS[each["part"]]:
        full = ["virsh", "--connect", flags.connect, *command, vm, amount, "--config"]
        done = subprocess.run(full, check=False).returncode if flags.apply else None
        said = {
            "at": time.time(),
            "command": full,
            "status": done,
            "was": each["current"],
            "why": each["reason"],
        }
        with flags.audit.open("a", encoding="utf-8") as audit:
            audit.write(json.dumps(said) + "\n")
        if done:
            break
