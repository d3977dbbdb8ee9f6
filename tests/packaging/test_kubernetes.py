"""What needs no kubectl and no helm: generated files, one version, the configuration that is mounted."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from forecaster.config.file import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/packaging/kubernetes"
CHART = ROOT / "deploy/packaging/helm/virtcast"
SECTION = (ROOT / "docs/install.md").read_text().partition("\n## Kubernetes\n")[2].partition("\n## ")[0]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("place", ["alerts", "recording", "aggregates/aggregates"])
def test_a_prometheus_rule_is_the_generated_file(place: str) -> None:
    one = yaml.safe_load((KUBERNETES / f"rules/{place}.yaml").read_text())
    name = Path(place).name
    assert one["kind"] == "PrometheusRule"
    assert one["spec"] == yaml.safe_load((ROOT / f"alert_rules/{name}.rules.yml").read_text())


def test_every_dashboard_is_a_config_map() -> None:
    pages = {one.name for one in (ROOT / "grafana/json").glob("*.json")}
    generated = yaml.safe_load((ROOT / "grafana/kustomization.yaml").read_text())["configMapGenerator"]
    assert {Path(file).name for one in generated for file in one["files"]} == pages
    assert {one.name for one in (CHART / "files").glob("*.json")} == pages


def test_files_of_the_chart_are_links_to_the_generated_ones() -> None:
    files = list((CHART / "files").iterdir())
    assert len(files) >= 5
    assert all(one.is_symlink() and one.resolve().is_relative_to(ROOT) and one.exists() for one in files)


def test_the_version_is_that_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert {chart["version"], chart["appVersion"]} == {VERSION}
    for name in ("exporter", "forecaster"):
        assert values[name]["image"].endswith(f"/virtcast-{name}:{VERSION}")
    for example in ("libvirt", "kubevirt"):
        images = yaml.safe_load((KUBERNETES / example / "kustomization.yaml").read_text())["images"]
        assert {one["newTag"] for one in images} == {VERSION}


def test_the_forecaster_reads_the_configuration_of_its_config_map() -> None:
    path = KUBERNETES / "forecaster/forecaster.yml"
    assert read(path).backend.url == "http://prometheus-operated:9090"
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert yaml.safe_load(path.read_text()) == values["forecaster"]["config"]


def test_the_page_says_how_prometheus_is_found_from_another_namespace() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    url = values["forecaster"]["config"]["prometheus"]["url"]
    assert f"`{url}`" in SECTION
    elsewhere = re.sub(r":(\d+)$", r".NAMESPACE:\1", url)
    assert f"--set forecaster.config.prometheus.url={elsewhere}`" in SECTION
    (replaced,) = re.findall(r"`configMapGenerator: (.+?)`", SECTION)
    base = given("forecaster/kustomization.yaml")["configMapGenerator"]
    assert yaml.safe_load(replaced) == [{**base[0], "behavior": "replace"}]


def test_a_config_map_that_changes_has_another_name() -> None:
    base = yaml.safe_load((KUBERNETES / "forecaster/kustomization.yaml").read_text())
    (generated,) = base["configMapGenerator"]
    assert generated == {"name": "virtcast-forecaster", "files": ["forecaster.yml"]}
    assert "disableNameSuffixHash" not in base.get("generatorOptions", {})


def given(name: str) -> Any:
    return yaml.safe_load((KUBERNETES / name).read_text())


def on_the_page(word: str) -> Any:
    """The YAML on the page that has this word."""
    blocks = re.findall("^```yaml\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    (block,) = (one for one in blocks if word in one)
    return yaml.safe_load(block)


def test_the_exporter_runs_where_the_command_of_the_page_says_it() -> None:
    """On other nodes its pods would wait for /run/libvirt: with a tenth of them no update ever ends."""
    (command,) = re.findall(r"^kubectl label node NODE (\S+)=(\S+)$", SECTION, re.MULTILINE)
    selected = dict([command])
    assert given("exporter/daemonset.yaml")["spec"]["template"]["spec"]["nodeSelector"] == selected
    template = (CHART / "templates/exporter.yaml").read_text()
    (default,) = re.findall(r"nodeSelector \| default \(dict (.+?)\)", template)
    label, value = shlex.split(default)
    assert {label: value} == selected
    # Helm adds a user's labels to those that are values: no node would have all.
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["exporter"]["nodeSelector"] == {}


def test_a_libvirt_that_does_not_answer_holds_up_no_update_of_exporters() -> None:
    (container,) = given("exporter/daemonset.yaml")["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/-/healthy"


def test_forecasters_without_forecasts_keep_no_node_from_being_drained() -> None:
    budget = given("forecaster/poddisruptionbudget.yaml")["spec"]
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_dns_is_reached_on_openshift_too() -> None:
    """A policy sees the port of the pod, not that of its Service."""
    rules = given("forecaster/networkpolicy.yaml")["spec"]["egress"]
    allowed = [(one["port"], one["protocol"]) for rule in rules if "to" not in rule for one in rule["ports"]]
    assert allowed == [(53, "UDP"), (53, "TCP"), (5353, "UDP"), (5353, "TCP")]


def test_the_rule_for_a_policy_of_prometheus_lets_the_forecaster_in() -> None:
    (rule,) = on_the_page("virtcast-forecaster")
    pods = given("forecaster/statefulset.yaml")["spec"]["template"]["metadata"]["labels"]
    assert rule["from"] == [{"namespaceSelector": {}, "podSelector": {"matchLabels": pods}}]
    asked = given("forecaster/networkpolicy.yaml")["spec"]["egress"][-1]["ports"]
    assert [one["port"] for one in rule["ports"]] == [one["port"] for one in asked]


def test_node_exporter_has_the_instance_of_the_exporter() -> None:
    """With the values on the page."""
    values = on_the_page("prometheus-node-exporter")["prometheus-node-exporter"]
    (own,) = given("exporter/servicemonitor.yaml")["spec"]["endpoints"]
    named = [one for one in own["relabelings"] if one["targetLabel"] == "instance"]
    assert named == values["prometheus"]["monitor"]["relabelings"]


def test_a_forecaster_keeps_its_name_when_its_pod_starts_again() -> None:
    """Its address changes: each would be a forecaster of its own, that is gone."""
    for one in given("forecaster/servicemonitor.yaml")["spec"]["endpoints"]:
        (label,) = (each for each in one["relabelings"] if each["targetLabel"] == "instance")
        assert label["sourceLabels"] == ["__meta_kubernetes_pod_name"]


class Job(NamedTuple):
    """How something is scraped: the name of the job, the path, whose labels win, and how often."""

    name: str
    path: str
    honest: bool
    interval: str


def jobs(given: Iterable[Mapping[str, Any]]) -> set[Job]:
    """Of scrape_configs."""
    return {
        Job(
            one["job_name"],
            one.get("metrics_path", "/metrics"),
            one.get("honor_labels", False),
            one["scrape_interval"],
        )
        for one in given
    }


EXAMPLE = jobs(yaml.safe_load((ROOT / "deploy/packaging/config/scrape_jobs.yml").read_text()))


def test_the_jobs_of_the_example_are_those_of_the_whole_configuration() -> None:
    whole = yaml.safe_load((ROOT / "deploy/config/prometheus/prometheus.yml").read_text())
    configured = jobs({**whole["global"], **one} for one in whole["scrape_configs"])
    assert configured >= EXAMPLE
    assert len(EXAMPLE) == 3


def test_the_chart_scrapes_as_often_as_the_example() -> None:
    intervals = yaml.safe_load((CHART / "values.yaml").read_text())["serviceMonitor"]["intervals"]
    names = {"exporter": "libvirt", "forecaster": "virtcast", "fast": "virtcast-fast"}
    assert {names[key]: every for key, every in intervals.items()} == {
        one.name: one.interval for one in EXAMPLE
    }


def test_what_is_scraped_are_the_jobs_of_the_example() -> None:
    endpoints = [
        one
        for name in ("exporter", "forecaster")
        for one in yaml.safe_load((KUBERNETES / f"{name}/servicemonitor.yaml").read_text())["spec"][
            "endpoints"
        ]
    ]
    found = {
        Job(label["replacement"], one.get("path", "/metrics"), one.get("honorLabels", False), one["interval"])
        for one in endpoints
        for label in one["relabelings"]
        if label["targetLabel"] == "job"
    }
    assert found == EXAMPLE
    assert not [one for one in endpoints if "scrapeTimeout" in one]
