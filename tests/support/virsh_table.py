"""What virsh says about metrics: a table in the constant VIRSH of a collector's test.

    [situation] virsh command          the rows below: unit, virsh's key, metric{labels}
    nobody: reason                     metrics that virsh does not say, or cannot be made to say here

A unit is the factor from virsh's unit to the metric's (1, ns, ms, KiB, MiB, MHz, page). `yes` is 1 for yes,
enable and on. `=label` compares a label. `<1` is a value that may be twice or half of what virsh says.
`local` is a local time. The fixtures of tests/system/conftest.py make the situations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from example_host import TESTS, collectors_tests, module_of
from lab import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab import Hypervisor


class Row(NamedTuple):
    """A row: a value of virsh and the metric that is compared with it."""

    unit: str
    key: str
    metric: str
    labels: str


@dataclass
class Section:
    """A command and the rows that it answers; without a command, metrics that virsh does not say."""

    title: str
    rows: list[Row] = field(default_factory=list)

    @property
    def situation(self) -> str:
        return self.title[1:].partition("]")[0].replace("-", "_")

    @property
    def command(self) -> str:
        return self.title.partition("] ")[2]


def sections() -> tuple[Section, ...]:
    """The sections of all tables; those of the same title are one."""
    others = (module_of(TESTS / f"test_{name}.py") for name in ("scrape", "exporter_metrics"))
    found: dict[str, Section] = {}
    for module in (*collectors_tests(), *others):
        title = ""
        for line in filter(None, module.VIRSH.splitlines()):
            if line.startswith(("[", "nobody: ")):
                title = line
            elif not line.startswith("#"):
                found.setdefault(title, Section(title)).rows.extend(_rows(title, line))
    return tuple(found.values())


def _rows(title: str, line: str) -> list[Row]:
    if title.startswith("nobody"):
        return [Row("", "", metric, "") for metric in line.split()]
    unit, rest = line.split(None, 1)
    key, metric = rest.rsplit(None, 1)
    name, _, labels = metric.removesuffix("}").partition("{")
    return [Row(unit, key.strip(), name, labels)]


@dataclass(frozen=True)
class Subject:
    """Names for the words in braces of a virsh command; the `age` in seconds of what is shown of it."""

    host: Hypervisor
    names: Mapping[str, str]
    age: float = 0

    def filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def told(self, command: str) -> dict[str, str]:
        """What virsh says, by name."""
        words = self.filled(command).split()
        return said(words[0], self.host.virsh(*words))
