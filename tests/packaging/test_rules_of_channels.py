"""What alerts and dashboards read is recorded, whichever way the rules are installed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _jsonnet
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "deploy/packaging"
NAME = re.compile(r"\b[a-z]+:[a-z0-9_]+(?::[a-z0-9_]+)*")

DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")  # of a variable in compose.yml


def rules_of(files: Iterable[Path]) -> list[Any]:
    read = [yaml.safe_load(file.read_text()) for file in files]
    return [rule for one in read for group in one.get("spec", one)["groups"] for rule in group["rules"]]


def kustomized(folder: Path) -> list[Path]:
    """The files that a kustomization leads to."""
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text()).get("resources", [])
    found = [(folder / name).resolve() for name in listed]
    return [file for one in found for file in (kustomized(one) if one.is_dir() else [one])]


def of_kustomize(folder: str) -> list[Any]:
    files = kustomized(PACKAGING / "kubernetes" / folder)
    return rules_of(file for file in files if "kind: PrometheusRule" in file.read_text())


def of_the_chart() -> list[Any]:
    chart = PACKAGING / "helm/virtcast"
    switches = yaml.safe_load((chart / "values.yaml").read_text())["rules"]
    assert switches["enabled"]
    files = (chart / "files").glob("*.rules.yml")
    return rules_of(one for one in files if switches.get(one.name.partition(".")[0], True))


def of_ansible() -> list[Any]:
    role = PACKAGING / "ansible/roles/rules"
    switches = yaml.safe_load((role / "defaults/main.yml").read_text())
    tasks = yaml.safe_load((role / "tasks/main.yml").read_text())
    single = [one for task in tasks for one in task.get("block", [task])]
    loops = [str(task["loop"]) for task in single if "loop" in task]
    (loop,) = [one for one in loops if "recording" in one]
    names = [
        name
        for name in ("recording", "alerts", "aggregates")
        if name in loop and switches.get(f"virtcast_rules_{name}", True)
    ]
    return rules_of(ROOT / f"alert_rules/{name}.rules.yml" for name in names)


def of_compose() -> list[Any]:
    services = yaml.safe_load((PACKAGING / "containers/compose.yml").read_text())["services"]
    mounts = [DEFAULT.sub(r"\1", one) for one in services["prometheus"]["volumes"]]
    sources = [one.partition(":")[0] for one in mounts]
    return rules_of(PACKAGING / "containers" / one for one in sources if one.endswith(".rules.yml"))


def of_the_mixin() -> list[Any]:
    mixin = f"local v = import '{PACKAGING}/mixin/mixin.libsonnet'; [v.prometheusRules, v.prometheusAlerts]"
    parts = json.loads(_jsonnet.evaluate_snippet("test", mixin))
    return [rule for one in parts for group in one["groups"] for rule in group["rules"]]


CHANNELS: dict[str, Callable[[], list[Any]]] = {
    "kustomize, libvirt": lambda: of_kustomize("libvirt"),
    "kustomize, KubeVirt": lambda: of_kustomize("kubevirt"),
    "helm": of_the_chart,
    "ansible": of_ansible,
    "compose": of_compose,
    "mixin": of_the_mixin,
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_record_that_is_read_is_made(channel: str) -> None:
    every = {
        rule["record"] for rule in rules_of((ROOT / "alert_rules").glob("*.rules.yml")) if "record" in rule
    }
    rules = CHANNELS[channel]()
    texts = [rule["expr"] for rule in rules if "alert" in rule]
    texts += [page.read_text() for page in (ROOT / "grafana/json").glob("*.json")]
    read = {name for text in texts for name in NAME.findall(text)} & every
    assert len(read) > 30
    assert read - {rule.get("record") for rule in rules} == set()
