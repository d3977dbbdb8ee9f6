"""What kustomize and helm make of the manifests: valid by the schemas, the same objects, restricted.

`make test-kubernetes` runs it, with kubectl, helm and the schemas in dist/kubernetes-tools.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.reload import read as read_exporter

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CHART = HERE.parent / "helm/virtcast"
PAGE = ROOT / "docs/install.md"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
TOOLS = Path("dist/kubernetes-tools/bin").resolve()
# The oldest and the newest version whose schemas are at hand; the chart says what it needs.
VERSIONS = ("1.31", "1.37")
OF_HELM = (
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "helm.sh/chart",
)
OPERATOR = "monitoring.coreos.com/"
# Kustomize gives every object the label by which Prometheus chooses the operator's, the chart these alone.
CHOSEN = {"release": "kube-prometheus-stack"}
CHOOSE = "--set=serviceMonitor.labels.release=kube-prometheus-stack"
# Validates a resource by a model made from its CRD. What the model does not know, it does not give back.
CUSTOM = """
import json, sys
from cloudcoil.models.prometheus_operator import v1
for one in json.load(sys.stdin):
    model = getattr(v1, one["kind"]).model_validate(one)
    given = json.loads(model.model_dump_json(by_alias=True, exclude_unset=True))
    if given != one:
        sys.exit(f'{one["kind"]} {one["metadata"]["name"]}: the schema does not know all of it')
"""

Objects = dict[tuple[str, str], dict[str, Any]]


def run(*command: str | Path, text: str | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def on_the_page(begin: str) -> list[str]:
    """The words of the block of commands on the page that begins like this."""
    section = PAGE.read_text().partition("\n## Kubernetes\n")[2].partition("\n## ")[0]
    blocks = re.findall("^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (block,) = (one for one in blocks if one.startswith(begin))
    return shlex.split(block.replace("\\\n", " "))


def objects(text: str) -> Objects:
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text) if one}


def kustomized(name: str | Path) -> Objects:
    return objects(run(TOOLS / "kubectl", "kustomize", HERE / name))


def without_marks_of_content(found: Objects) -> Objects:
    """Without what another configuration changes: kustomize's suffix of a name, the chart's checksum."""
    text = re.sub(r"(virtcast-forecaster)-[a-z0-9]{10}\b", r"\1", json.dumps(list(found.values())))
    made = {(one["kind"], one["metadata"]["name"]): one for one in json.loads(text)}
    made["StatefulSet", "virtcast-forecaster"]["spec"]["template"]["metadata"].pop("annotations", None)
    return made


def templated(*flags: str, chart: Path = CHART) -> Objects:
    return objects(run(TOOLS / "helm", "template", "virtcast", chart, "--namespace", "monitoring", *flags))


def without_labels_of_one(one: dict[str, Any]) -> dict[str, Any]:
    """Without the labels that only one of both gives: Helm's own, kustomize's where nobody chooses by it."""
    left_out = OF_HELM if one["apiVersion"].startswith(OPERATOR) else (*OF_HELM, *CHOSEN)
    labels = {key: value for key, value in one["metadata"].get("labels", {}).items() if key not in left_out}
    metadata = {key: value for key, value in one["metadata"].items() if key != "labels"}
    return one | {"metadata": metadata | ({"labels": labels} if labels else {})}


EVERYTHING = (
    "--set=forecaster.shards=3", "--set=forecaster.secretName=tokens",
    "--set=forecaster.storage.className=fast",
    "--set=imagePullSecrets[0].name=registry", "--set=exporter.tolerations[0].operator=Exists",
    "--set=forecaster.tolerations[0].operator=Exists", "--set=forecaster.nodeSelector.disk=ssd",
    "--set=exporter.args[0]=--libvirt.read-write", "--set=exporter.supplementalGroups[0]=114",
    "--set=exporter.seLinuxOptions.type=spc_t",
    "--set=exporter.args[1]=--web.config.file=/run/secrets/virtcast/web.yml",
    "--set=exporter.secretName=keys",
    "--set=exporter.config.targets.kvm1.uri=qemu+tls://kvm1.example/system",
    "--set=exporter.endpoint.scheme=https", "--set=forecaster.endpoint.scheme=https",
    "--set=forecaster.args[0]=--web.config.file=/run/secrets/virtcast/web.yml",
    "--set=serviceMonitor.labels.release=prometheus", "--set=rules.grafanaUrl=https://grafana.example",
    "--set=rules.runbookUrl=https://runbooks.example",
    "--set=networkPolicy.extraEgress[0].ports[0].port=9093",
)  # fmt: skip
NOTHING = tuple(
    f"--set={name}.enabled=false"
    for name in ("exporter", "forecaster", "serviceMonitor", "rules", "dashboards", "networkPolicy")
)
CASES: dict[str, Any] = {
    "libvirt": lambda: kustomized("libvirt"),
    "kubevirt": lambda: kustomized("kubevirt"),
    "helm": templated,
    "helm with every value": lambda: templated(*EVERYTHING),
}


@pytest.fixture(scope="module", params=CASES)
def made(request: pytest.FixtureRequest) -> Objects:
    found: Objects = CASES[request.param]()
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_schemas_of_kubernetes(made: Objects, version: str, tmp_path: Path) -> None:
    own = [one for one in made.values() if not one["apiVersion"].startswith(OPERATOR)]
    assert len(own) >= 8
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(own))
    run(TOOLS / "kubernetes-validate", "--strict", "-k", version, tmp_path / "all.yaml")


def test_schemas_of_the_prometheus_operator(made: Objects) -> None:
    custom = [one for one in made.values() if one["apiVersion"].startswith(OPERATOR)]
    assert {one["kind"] for one in custom} == {"PrometheusRule", "ServiceMonitor"}
    run(TOOLS / "python", "-c", CUSTOM, text=json.dumps(custom))


def test_the_chart_gives_what_kustomize_gives() -> None:
    chart, base = (
        {key: without_labels_of_one(one) for key, one in without_marks_of_content(found).items()}
        for found in (templated(CHOOSE), kustomized("libvirt"))
    )
    assert chart.keys() == base.keys()
    assert [key for key in base if chart[key] != base[key]] == []


@pytest.mark.parametrize("example", ["libvirt", "kubevirt"])
def test_what_prometheus_reads_has_the_label_by_which_it_chooses(example: str) -> None:
    """As the page says it of kube-prometheus-stack; without it nothing is scraped, and no rule evaluated."""
    read = [one for one in kustomized(example).values() if one["apiVersion"].startswith(OPERATOR)]
    assert {one["kind"] for one in read} == {"PrometheusRule", "ServiceMonitor"}
    labels = {one["metadata"]["name"]: one["metadata"]["labels"] for one in read}
    assert [name for name, given in labels.items() if not CHOSEN.items() <= given.items()] == []


def test_the_chart_of_a_release_gives_what_the_folder_gives(tmp_path: Path) -> None:
    run(sys.executable, HERE.parent / "archives.py", tmp_path)
    (archive,) = tmp_path.glob("virtcast-*.tgz")
    run(TOOLS / "helm", "lint", archive)
    assert templated(*EVERYTHING, chart=archive) == templated(*EVERYTHING)


def test_the_commands_of_the_page_give_the_same_objects() -> None:
    """They are run as they stand on the page, from a checkout, but for `template` instead of `install`."""
    applied, installed = on_the_page("kubectl apply --server-side -k "), on_the_page("helm install ")
    base = without_marks_of_content(objects(run(TOOLS / "kubectl", "kustomize", *applied[4:])))
    chart = objects(run(TOOLS / "helm", "template", *installed[2:]))
    assert chart.keys() == base.keys()
    pods = [one["spec"]["template"]["spec"] for (kind, _), one in chart.items() if kind.endswith("Set")]
    images = {container["image"] for pod in pods for container in pod["containers"]}
    assert images == {f"registry.example/virtcast-{name}:{VERSION}" for name in ("exporter", "forecaster")}
    assert CHOSEN.items() <= chart["ServiceMonitor", "virtcast-exporter"]["metadata"]["labels"].items()


def test_the_commands_of_the_page_set_the_links_of_alerts(tmp_path: Path) -> None:
    """Those for kustomize are run as they stand there, in a copy; Helm has values. The rules are the same."""
    for folder in (HERE, ROOT / "grafana"):
        shutil.copytree(folder, tmp_path / folder.relative_to(ROOT), ignore=shutil.ignore_patterns("*.py*"))
    shutil.copy(HERE / "prometheus_rules.py", tmp_path / HERE.relative_to(ROOT))
    rules = on_the_page("virtcast-forecaster rules ")
    at = rules.index("python3")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in (rules[:at], rules[at:]):
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    base = objects(run(TOOLS / "kubectl", "kustomize", tmp_path / HERE.relative_to(ROOT) / "libvirt"))
    chart = objects(run(TOOLS / "helm", "template", *on_the_page("helm install ")[2:]))
    keys = [key for key in base if key[0] == "PrometheusRule"]
    assert len(keys) == 3
    assert [key for key in keys if base[key]["spec"] != chart[key]["spec"]] == []
    assert "localhost" not in json.dumps(base["PrometheusRule", "virtcast-alerts"])


def test_the_values_of_the_chart_arrive() -> None:
    chart = templated(*EVERYTHING)
    forecaster = chart["StatefulSet", "virtcast-forecaster"]["spec"]
    assert forecaster["replicas"] == 3
    assert {"name": "SHARDS", "value": "3"} in forecaster["template"]["spec"]["containers"][0]["env"]
    alerts = json.dumps(chart["PrometheusRule", "virtcast-alerts"])
    assert "https://runbooks.example/VmCpuAnomaly.md" in alerts
    assert "https://grafana.example/d/virtcast-vm" in alerts
    assert "localhost" not in alerts
    assert templated(*NOTHING) == {}


def exporters_pods(found: Objects) -> Any:
    return found["DaemonSet", "virtcast-exporter"]["spec"]["template"]


def forecasters_pods(found: Objects) -> Any:
    return found["StatefulSet", "virtcast-forecaster"]["spec"]["template"]


def test_another_configuration_of_the_chart_starts_other_pods() -> None:
    """A program does not read a file of a ConfigMap again, which changes in place."""
    changed = templated("--set=forecaster.config.prometheus.url=http://thanos:10902")
    assert forecasters_pods(changed) != forecasters_pods(templated())
    assert forecasters_pods(templated("--set=rules.grafanaUrl=https://g")) == forecasters_pods(templated())


def test_another_configuration_of_the_exporter_starts_other_pods() -> None:
    """It has none by default."""
    target = "--set=exporter.config.targets.kvm1.uri=qemu+tls://kvm1.example/system"
    one, other = templated(target), templated(target + "?no_verify=1")
    assert exporters_pods(one) != exporters_pods(other)
    assert not [key for key in templated() if key == ("ConfigMap", "virtcast-exporter")]


def test_files_that_flags_name_are_mounted(made: Objects, tmp_path: Path) -> None:
    """And the exporter can read its configuration."""
    for key in (("DaemonSet", "virtcast-exporter"), ("StatefulSet", "virtcast-forecaster")):
        if key not in made:
            continue
        (container,) = made[key]["spec"]["template"]["spec"]["containers"]
        named = {one.partition("=")[2] for one in container["args"] if ".file=" in one}
        mounted = {one["mountPath"] for one in container["volumeMounts"]}
        assert [name for name in named if str(Path(name).parent) not in mounted] == []
    if ("ConfigMap", "virtcast-exporter") in made:
        (tmp_path / "exporter.yml").write_text(made["ConfigMap", "virtcast-exporter"]["data"]["exporter.yml"])
        targets = read_exporter(tmp_path / "exporter.yml").targets
        assert {one.uri for one in targets.values()} == {"qemu+tls://kvm1.example/system"}


def test_the_exporter_of_guest_agents_may_open_the_socket_by_helm_and_by_kustomize(tmp_path: Path) -> None:
    """By its group. The patch is that of the comment of the base."""
    comment = (HERE / "exporter/kustomization.yaml").read_text()
    lines = re.findall(r"^# {5}(.*)$", comment, re.MULTILINE)
    base = os.path.relpath(HERE / "libvirt", tmp_path.resolve())
    (tmp_path / "kustomization.yaml").write_text("\n".join((f"resources: [{base}]", *lines)))
    values = ("args[0]=--libvirt.read-write", "supplementalGroups[0]=114")
    chart = templated(*(f"--set=exporter.{one}" for one in values))
    pod = exporters_pods(chart)["spec"]
    assert pod["securityContext"]["supplementalGroups"] == [114]
    assert "--libvirt.read-write" in pod["containers"][0]["args"]
    assert exporters_pods(kustomized(tmp_path)) == exporters_pods(chart)


def test_selinux_need_not_confine_the_exporter() -> None:
    pod = exporters_pods(templated("--set=exporter.seLinuxOptions.type=spc_t"))["spec"]
    assert pod["securityContext"]["seLinuxOptions"] == {"type": "spc_t"}
    assert "seLinuxOptions" not in exporters_pods(templated())["spec"]["securityContext"]


def test_a_kubelet_that_has_no_password_only_tries_the_port() -> None:
    """With --web.config.file every path asks for one, that of the probes, too."""
    chart = templated("--set=exporter.endpoint.scheme=https", "--set=forecaster.endpoint.scheme=https")
    for name, pods in (("exporter", exporters_pods(chart)), ("forecaster", forecasters_pods(chart))):
        (container,) = pods["spec"]["containers"]
        probes = [value for key, value in container.items() if key.endswith("Probe")]
        assert len(probes) >= 2
        assert not [one for one in probes if "httpGet" in one or "tcpSocket" not in one]
        endpoints = chart["ServiceMonitor", f"virtcast-{name}"]["spec"]["endpoints"]
        assert {one["scheme"] for one in endpoints} == {"https"}


def test_another_configuration_by_kustomize_starts_other_pods(tmp_path: Path) -> None:
    """As the comment of the base says it."""
    comment = (HERE / "forecaster/kustomization.yaml").read_text()
    (line,) = re.findall("^# +(configMapGenerator: .*)$", comment, re.MULTILINE)
    base = os.path.relpath(HERE / "libvirt", tmp_path.resolve())
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{base}]\nnamespace: monitoring\n{line}\n")
    (tmp_path / "forecaster.yml").write_text("prometheus: {url: http://thanos:10902}\n")
    changed = kustomized(tmp_path)
    assert forecasters_pods(changed) != forecasters_pods(kustomized("libvirt"))
    (given,) = [
        one["data"]
        for (kind, name), one in changed.items()
        if kind == "ConfigMap" and name.startswith("virtcast-forecaster")
    ]
    assert "thanos" in given["forecaster.yml"]


def test_intervals_may_be_shorter_than_the_usual_timeout() -> None:
    """Prometheus' operator rejects a timeout above the interval, and then scrapes nothing."""
    names = {"exporter": "2s", "forecaster": "5s", "fast": "1s"}
    chart = templated(*(f"--set=serviceMonitor.intervals.{name}={value}" for name, value in names.items()))
    monitors = [one["spec"]["endpoints"] for (kind, _), one in chart.items() if kind == "ServiceMonitor"]
    endpoints = [one for found in monitors for one in found]
    assert sorted(one["interval"] for one in endpoints) == sorted(names.values())
    assert not [one for one in endpoints if "scrapeTimeout" in one]


def test_who_is_queried_is_not_who_scrapes() -> None:
    thanos = "networkPolicy.backend.labels[0].app\\.kubernetes\\.io/name=thanos-query"
    agent = "networkPolicy.scraperLabels[0].app=agent"
    out = (
        "networkPolicy.extraEgress[0].to[0].ipBlock.cidr=192.0.2.0/24",
        "networkPolicy.extraEgress[0].ports[0].port=9093",
    )
    flags = (thanos, agent, "networkPolicy.backend.port=10902", *out)
    policy = templated(*(f"--set={one}" for one in flags))["NetworkPolicy", "virtcast-forecaster"]["spec"]

    def pods(labels: dict[str, str]) -> dict[str, Any]:
        return {"namespaceSelector": {}, "podSelector": {"matchLabels": labels}}

    assert policy["ingress"][0]["from"] == [{"podSelector": {}}, pods({"app": "agent"})]
    _, queried, extra = policy["egress"]
    assert queried["to"] == [pods({"app.kubernetes.io/name": "thanos-query"})]
    assert queried["ports"] == [{"port": 10902}]
    assert extra == {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"port": 9093}]}


def test_ones_own_label_of_nodes_takes_the_place_of_ours() -> None:
    def selected(*flags: str) -> Any:
        return templated(*flags)["DaemonSet", "virtcast-exporter"]["spec"]["template"]["spec"]["nodeSelector"]

    assert selected() == {"virtcast/libvirt": "true"}
    assert selected("--set=exporter.nodeSelector.role=kvm") == {"role": "kvm"}


def test_aggregates_can_be_left_out() -> None:
    left_out = templated("--set=rules.aggregates=false")
    assert templated().keys() - left_out.keys() == {("PrometheusRule", "virtcast-aggregates")}


def test_a_cluster_of_kubevirt_has_no_exporter() -> None:
    chart = templated("--set=exporter.enabled=false", f"--values={HERE / 'kubevirt/values.yaml'}")
    assert not [
        name for kind, name in kustomized("kubevirt").keys() | chart.keys() if name == "virtcast-exporter"
    ]


def test_containers_may_do_nothing_that_they_need_not(made: Objects) -> None:
    pods = [one["spec"]["template"]["spec"] for one in made.values() if "template" in one.get("spec", {})]
    assert pods
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"livenessProbe", "readinessProbe"} <= container.keys()
            assert "memory" in container["resources"]["limits"]


def test_the_forecaster_passes_the_restricted_pod_security_standard(made: Objects) -> None:
    pod = made["StatefulSet", "virtcast-forecaster"]["spec"]["template"]["spec"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    kinds = {key for one in pod["volumes"] for key in one.keys() - {"name"}}
    assert kinds <= {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}


@pytest.mark.parametrize(
    ("flag", "now"),
    [
        ("networkPolicy.prometheusPort=9090", "networkPolicy.backend.port"),
        ("networkPolicy.prometheusLabels.app=vmselect", "networkPolicy.scraperLabels and backend.labels"),
        ("serviceMonitor.interval=5s", "serviceMonitor.intervals"),
    ],
)
def test_a_value_that_has_another_name_now_is_refused(flag: str, now: str) -> None:
    command: list[str | Path] = [TOOLS / "helm", "template", "virtcast", CHART, "--set", flag]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"is {now} now" in done.stderr
