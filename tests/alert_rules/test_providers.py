"""Every provider records outputs of the normalised layer as promised; each rule of the lint can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alert_rules import layer
from alert_rules.profiles import PROFILES
from alert_rules.provider import Provider, Recorded
from alert_rules.recording import libvirt, node
from alert_rules.registry import PROVIDERS
from alert_rules.rules import preferred_first, recording_groups
from forecaster.config.resources import RESOURCES
from rules_lint.evidence import gathered
from rules_lint.providers import problems

EVIDENCE = gathered()
NAMES = [provider.name for provider in PROVIDERS]


@pytest.mark.parametrize("provider", PROVIDERS, ids=NAMES)
def test_every_provider_holds(provider: Provider) -> None:
    assert problems(provider, NAMES, EVIDENCE) == []


def test_every_output_has_a_provider() -> None:
    recorded = {row.output for provider in PROVIDERS for row in provider.rows}
    assert recorded >= {output.name for output in layer.OUTPUTS if not output.optional}
    assert recorded <= set(layer.BY_NAME)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_forecasts_are_of_outputs_and_their_labels(resource: Any) -> None:
    owner = {"vm": layer.VM, "host": layer.HOST}[resource.display.owner]
    part = (resource.display.part,) if resource.display.part else ()
    assert layer.BY_NAME[resource.query].labels == (*owner, *part)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_counters_of_a_resource_are_what_its_rules_read(resource: Any) -> None:
    read = "\n".join(
        row.expr for provider in PROVIDERS for row in provider.rows if row.output == resource.query
    )
    for selector in resource.counters:
        assert selector.partition("{")[0] in read
    assert bool(resource.counters) == ("rate(" in read)


CPU = "host:cpu_utilization:ratio"
GOOD = Provider(
    name="windows",
    about="windows_exporter",
    reads={"windows_cpu_idle_ratio": ("instance",)},
    rows=(Recorded(output=CPU, expr="1 - max by (instance) (windows_cpu_idle_ratio)"),),
    yields_to=("node",),
)
COMPLETE = replace(
    EVIDENCE,
    series={**EVIDENCE.series, "windows_cpu_idle_ratio": frozenset({"job", "instance"})},
    recorded=frozenset({(CPU, "windows"), ("vm:cpu_utilization:ratio", "windows")}),
)


def test_a_good_provider_has_no_problem() -> None:
    assert problems(GOOD, [*NAMES, "windows"], COMPLETE) == []


def row(expr: str, output: str = CPU) -> dict[str, Any]:
    return {"rows": (Recorded(output=output, expr=expr),)}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"rows": ()}, "it records nothing"),
        ({"rows": GOOD.rows * 2}, f"it records {CPU} twice"),
        ({"yields_to": ("solaris",)}, "it yields to solaris, which is no provider"),
        ({"reads": {**GOOD.reads, "windows_memory_bytes": ()}}, "no row reads windows_memory_bytes"),
        (
            row("windows_cpu_idle_ratio", "host:cpu:ratio"),
            "host:cpu:ratio is no output of the normalised layer",
        ),
        (row("max by (instance"), f"{CPU} does not parse"),
        (row("windows_cpu_idle_ratio[$rate]"), f"{CPU} does not parse"),
        (row("max by (instance) (windows_cpu_idle)"), f"{CPU} reads windows_cpu_idle, which nobody has"),
        (row("windows_cpu_idle_ratio"), f"{CPU} does not result in exactly the labels instance"),
        (
            row("max by (instance) (windows_cpu_idle_ratio)", "vm:cpu_utilization:ratio"),
            "vm:cpu_utilization:ratio does not result in exactly the labels instance, domain",
        ),
        (
            row("max by (instance) (windows_cpu_idle_ratio) or max by (instance) (windows_cpu_idle_ratio)"),
            f"{CPU} has an `or` at the top",
        ),
        ({"name": "solaris"}, f"{CPU} has no promtool test that expects a value of it"),
    ],
)
def test_a_bad_provider_is_told(change: dict[str, Any], problem: str) -> None:
    found = problems(replace(GOOD, **change), [*NAMES, "windows"], COMPLETE)
    assert any(each.startswith(problem) for each in found), found


TWO = (libvirt.PROVIDER, node.PROVIDER)


def test_a_host_is_recorded_by_the_preferred_provider_only() -> None:
    third = replace(GOOD, yields_to=("node", "libvirt"))
    assert [each.name for each in preferred_first([third, *TWO])] == ["node", "libvirt", "windows"]
    groups = {group.name: group for group in recording_groups([third, *TWO], PROFILES["default"])}
    records = [record for record in groups["virtcast-host"].rules if record.output == CPU]
    assert [record.provider for record in records] == ["node", "libvirt", "windows"]
    assert records[2].expr.splitlines() == [
        "1 - max by (instance) (windows_cpu_idle_ratio)",
        f'  unless on (instance) {CPU}{{provider="node"}}',
        f'  unless on (instance) {CPU}{{provider="libvirt"}}',
    ]


def test_vms_of_two_providers_have_a_group_each() -> None:
    other = Provider(
        name="other",
        about="another exporter",
        rows=(Recorded(output="vm:cpu_utilization:ratio", expr="max by (instance, domain) (up)"),),
    )
    names = [group.name for group in recording_groups([*TWO, other], PROFILES["default"])]
    assert sorted(names) == [
        "virtcast-host",
        "virtcast-pool-libvirt",
        "virtcast-vm-libvirt",
        "virtcast-vm-other",
    ]
