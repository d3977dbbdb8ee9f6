"""What virsh says, by the names it gives things."""

from __future__ import annotations

import re

# What stands between name and value, where it is no colon; None is white space before the last word.
SEPARATORS = {
    "domstats": "=", "dommemstat": None, "domblkstat": None, "domifstat": None, "domblklist": None,
    "domif-getlink": None, "vcpupin": None, "iothreadinfo": None,
    "node-memory-tune": None,
}  # fmt: skip
COLUMNS = {
    "domiflist": r"(?P<interface>\S+) +(?P<type>\S+) +(?P<source>\S+) +(?P<model>\S+) +(?P<mac>\S+)",
    "net-dhcp-leases": r"(?P<Expiry>\S+ \S+) +(?P<MAC>\S+) +\S+ +(?P<IP>[^/ ]+)/\d+ +(?P<Hostname>\S+)",
}
WHOLE = frozenset(("hostname", "emulatorpin"))  # these say a value only


def said(command: str, output: str) -> dict[str, str]:
    """The values in the output of a virsh command, by name; "*" for a value that has none."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if command in WHOLE:
        return {"*": lines[0]}
    if command in COLUMNS:
        match = re.search(COLUMNS[command], output)
        return match.groupdict() if match else {}
    separator = SEPARATORS.get(command, ":")
    pairs = (line.partition(separator)[::2] if separator else line.rsplit(None, 1) for line in lines)
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}
