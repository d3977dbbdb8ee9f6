"""Who is scraped: the files beside prometheus.yml that its jobs read, one for each kind of program.

They are the operator's to edit. What is written here scrapes one host on which all programs run.
"""

from __future__ import annotations

from typing import NamedTuple

FOLDER = "targets"  # as prometheus.yml names it


class Targets(NamedTuple):
    """A file of targets: what it holds, and what stands in it at first.

    `instance` is the label by which series of several jobs are of one host; without one it is the address.
    """

    name: str
    about: str
    address: str = ""
    instance: str = ""

    @property
    def text(self) -> str:
        """The file."""
        return f"# {self.about}\n{self._entries}"

    @property
    def _entries(self) -> str:
        if not self.address:
            return "[]\n"
        label = f"  labels: {{instance: {self.instance}}}\n" if self.instance else ""
        return f'- targets: ["{self.address}"]\n{label}'


TARGETS = (
    Targets(
        "libvirt",
        "virtcast-exporter: an entry for each libvirt host; `instance` names the host.",
        "localhost:9177",
        "localhost",
    ),
    Targets(
        "probe",
        "Hosts that an exporter reads from afar, by the aliases of its --config.file: "
        '- targets: ["kvm1", "kvm2"]',
    ),
    Targets("virtcast", "virtcast-forecaster: its address, or that of each shard.", "localhost:9178"),
    Targets(
        "node",
        "node_exporter: an entry for each libvirt host, `instance` as in libvirt.yml; or [].",
        "localhost:9100",
        "localhost",
    ),
    Targets("prometheus", "Prometheus itself.", "localhost:9090"),
    Targets("alertmanager", "Alertmanager, which is also told of the alerts.", "localhost:9093"),
)


def files() -> dict[str, str]:
    """The text of each file by its path from that of prometheus.yml."""
    return {f"{FOLDER}/{each.name}.yml": each.text for each in TARGETS}
