"""Machine types of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exporter.collectors.machine_type import collect
from exporter.snapshot.machine_type import MACHINE_TYPES

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

READINGS = {MACHINE_TYPES: {("x86_64", "pc-q35-7.2"): True, ("x86_64", "pc-q35-8.2"): False}}
VIRSH = """
nobody: virsh has it in the XML of libvirt's capabilities: test_exporter_domains.py
    libvirt_domain_machine_deprecated libvirt_domain_machine_supported
"""


def shown(snapshot: Snapshot, machine: str, arch: str = "x86_64") -> dict[str, object]:
    web = snapshot.domains[0]
    assert web.description is not None
    description = replace(web.description, machine=machine, arch=arch)
    samples = collect(replace(snapshot, domains=(replace(web, description=description),)))
    return {one.metric.name.removeprefix("libvirt_domain_machine_"): one.value for one in samples}


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("pc-q35-7.2", {"supported": True, "deprecated": True}),
        ("pc-q35-8.2", {"supported": True, "deprecated": False}),
        ("pc-1.0", {"supported": False}),
        ("", {}),
    ],
)
def test_a_type_is_current_deprecated_or_gone(
    snapshot: Snapshot, machine: str, expected: dict[str, object]
) -> None:
    assert shown(snapshot, machine) == expected


def test_of_an_architecture_that_the_capabilities_do_not_describe_nothing_is_said(snapshot: Snapshot) -> None:
    assert shown(snapshot, "virt-9.0", arch="aarch64") == {}
