"""Rules that are shipped as examples record the normalised layer, or what an example resource asks for."""

from __future__ import annotations

from pathlib import Path

import yaml

from alert_rules import layer, own_resources
from forecaster.config.file import read
from rules_lint.labels import result_labels
from rules_lint.queries import parse

CONFIG = Path(__file__).parents[2] / "deploy/config"
SNMP, JMX = (CONFIG / f"prometheus/examples/{name}.rules.yml" for name in ("snmp", "jmx"))
TARGET = frozenset({"job", "instance"})
STORAGE = TARGET | {"hrStorageIndex", "hrStorageDescr"}
SERIES = {
    "hrProcessorLoad": TARGET | {"hrDeviceIndex"},
    "hrStorageUsed": STORAGE,
    "hrStorageSize": STORAGE,
    **dict.fromkeys(("memTotalReal", "memAvailReal", "memBuffer", "memCached"), TARGET),
    **dict.fromkeys(("jvm_memory_used_bytes", "jvm_memory_max_bytes"), TARGET | {"domain", "area", "id"}),
    "libvirt_domain_state": TARGET | {"domain", "state"},
}


def recorded(path: Path) -> dict[str, frozenset[str]]:
    """The labels of what the rules of a file record, by its name."""
    (group,) = yaml.safe_load(path.read_text())["groups"]
    return {rule["record"]: result_labels(parse(rule["expr"]), SERIES) for rule in group["rules"]}


def test_hosts_by_snmp_have_the_labels_of_the_layer() -> None:
    found = recorded(SNMP)
    assert found == {name: frozenset(layer.BY_NAME[name].labels) for name in found}


def test_the_heap_is_recorded_as_the_example_of_a_resource_asks_for_it() -> None:
    (resource,) = (each for each in read(CONFIG / "forecaster/jvm.yml").resources if each.name == "jvm_heap")
    assert recorded(JMX) == {resource.query: {"instance", "domain", "jvm"}}
    assert resource.display.part == "jvm"


def test_the_example_of_a_resource_has_alerts() -> None:
    (area,) = own_resources.areas(read(CONFIG / "forecaster/jvm.yml").resources)
    assert {alert.name for alert in area.alerts} >= {"OwnResourceExhaustionPredicted", "OwnResourceAnomaly"}
