"""The stack of the demo: a row for each program, and the configuration they read, below one folder."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import yaml

from alert_rules import render
from demo.services import Service, program
from forecaster.config.resources import RESOURCES
from lab.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab import Host

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
OWN_RESOURCE = ROOT / "deploy/config/forecaster/application.yml"
RECEIVER = Path(__file__).with_name("receiver.py")

# Demo profile: a "day" of four minutes, so that a daily pattern is learnt while one watches.
STEP = "2s"
FORECASTER = """\
prometheus:
  url: {prometheus}
  timeout: 5s
  retries: 0
step: {step}
day: 4m
lookback: 20m
settle: 1s
stale_after: 10s
gone_after: 1m
forget_after: 1m
resources:
"""
HORIZONS = "[1m, 5m]"
FAST = {"vm_cpu": ", fast: 1s"}  # what is judged between steps, too
GRAFANA = """\
[server]
http_addr = 127.0.0.1
http_port = {port}
[paths]
data = {run}/grafana
logs = {run}/grafana/log
provisioning = {run}/provisioning
[auth.anonymous]
enabled = true
[analytics]
reporting_enabled = false
check_for_updates = false
"""
NO_GRAFANA = (
    "No Grafana on this machine: https://grafana.com/docs/grafana/latest/setup-grafana/installation/debian/"
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each program answers, by its name."""

    url: Mapping[str, str]

    @classmethod
    def choose(cls, hosts: list[Host]) -> Addresses:
        """The usual port of each program where it is free, else any."""
        exporters = {f"exporter-{host.name}": 9177 + 2 * place for place, host in enumerate(hosts)}
        usual = {
            "prometheus": 9090,
            "alertmanager": 9093,
            "receiver": 9095,
            "forecaster": 9178,
            "grafana": 3000,
        }
        ports = {name: free_port(port) for name, port in {**exporters, **usual}.items()}
        return cls({name: f"http://127.0.0.1:{port}" for name, port in ports.items()})

    def target(self, name: str) -> str:
        """HOST:PORT of a program."""
        return self.url[name].removeprefix("http://")


def configure(run: Path, addresses: Addresses, hosts: list[Host]) -> None:
    """Write the configuration of every program below `run`: from the committed sources, demo profile."""
    links = {
        "webhook": addresses.url["receiver"],
        "watchdog": f"{addresses.url['receiver']}/watchdog",
        "grafana": addresses.url["grafana"],
        "runbook": f"{addresses.url['forecaster']}/runbooks",
    }
    horizons = "".join(
        f"  {resource.name}: {{horizons: {HORIZONS}{FAST.get(resource.name, '')}}}\n"
        for resource in RESOURCES
    )
    forecaster = FORECASTER.format(prometheus=addresses.url["prometheus"], step=STEP) + horizons + _own()
    (run / "forecaster.yml").write_text(forecaster)
    flags = (f"--{name}-url={url}" for name, url in links.items())
    render.main(["--profile=demo", f"--output={run}", f"--config.file={run}/forecaster.yml", *flags])
    exporters = [(addresses.target(f"exporter-{host.name}"), host.name) for host in hosts]
    (run / "targets/libvirt.yml").write_text("".join(_target(*exporter) for exporter in exporters))
    for name, file in (
        ("forecaster", "virtcast"),
        ("prometheus", "prometheus"),
        ("alertmanager", "alertmanager"),
    ):
        (run / f"targets/{file}.yml").write_text(_target(addresses.target(name), name))
    (run / "targets/node.yml").write_text("[]\n")


def _own() -> str:
    """The example of a resource of one's own, with the demo's horizons."""
    own: dict[str, Any] = yaml.safe_load(OWN_RESOURCE.read_text())["resources"]
    text = yaml.safe_dump({name: {**keys, "horizons": ["1m", "5m"]} for name, keys in own.items()})
    return indent(text, "  ")


def services(run: Path, addresses: Addresses, hosts: list[Host]) -> list[Service]:
    """Every program of the stack, in the order in which they start."""
    url, target = addresses.url, addresses.target
    inbox = run / "notifications.jsonl"
    receiver = (sys.executable, str(RECEIVER), target("receiver").split(":")[1], str(inbox))
    rows = [Service("receiver", receiver, url["receiver"], "/")]
    rows += [_exporter(host, url[f"exporter-{host.name}"]) for host in hosts]
    rows += [
        Service(
            "prometheus",
            (
                _required("prometheus"),
                f"--config.file={run}/prometheus.yml",
                f"--storage.tsdb.path={run}/prometheus",
                f"--web.listen-address={target('prometheus')}",
            ),
            url["prometheus"],
            "/-/ready",
        ),
        Service(
            "alertmanager",
            (
                _required("prometheus-alertmanager", "alertmanager"),
                f"--config.file={run}/alertmanager.yml",
                f"--storage.path={run}/alertmanager",
                f"--web.listen-address={target('alertmanager')}",
                "--cluster.listen-address=",
            ),
            url["alertmanager"],
        ),
        Service(
            "forecaster",
            (
                str(BIN / "virtcast-forecaster"),
                f"--config.file={run}/forecaster.yml",
                f"--state.dir={run}/state",
                f"--web.listen-address={target('forecaster')}",
            ),
            url["forecaster"],
        ),
    ]
    return rows + _grafana(run, url["grafana"], url["prometheus"])


def _exporter(host: Host, url: str) -> Service:
    argv = (
        str(BIN / "virtcast-exporter"),
        f"--libvirt.uri={host.uri}",
        "--libvirt.read-write",
        "--agent.interval=2",
        f"--web.listen-address={url.removeprefix('http://')}",
    )
    return Service(f"exporter-{host.name}", argv, url)


def _grafana(run: Path, url: str, prometheus: str) -> list[Service]:
    """Grafana where it is installed, with the dashboards in the demo's time, on its Prometheus."""
    binary = program("grafana", "grafana-server")
    if binary is None:
        return []
    sources = _provisioning("datasources")
    sources["datasources"][0]["url"] = prometheus
    sources["datasources"][0]["jsonData"]["timeInterval"] = STEP
    boards = _provisioning("dashboards")
    boards["providers"][0]["options"]["path"] = str(run / "dashboards")
    choices = ["--profile", "demo", f"--config.file={run}/forecaster.yml"]
    generator = [sys.executable, "-m", "grafana", *choices, "--output", str(run / "dashboards")]
    subprocess.run(generator, check=True, cwd=ROOT)
    for kind, content in (("datasources", sources), ("dashboards", boards)):
        folder = run / "provisioning" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "virtcast.yml").write_text(yaml.safe_dump(content))
    configuration = run / "grafana.ini"
    configuration.write_text(GRAFANA.format(port=url.rsplit(":", 1)[1], run=run))
    server = (binary, "server") if binary.endswith("/grafana") else (binary,)
    return [
        Service(
            "grafana",
            (*server, f"--config={configuration}", "--homepath=/usr/share/grafana"),
            url,
            "/api/health",
        )
    ]


def _provisioning(kind: str) -> dict[str, Any]:
    """The committed provisioning file, to be given the demo's addresses."""
    content: dict[str, Any] = yaml.safe_load((ROOT / f"grafana/provisioning/{kind}/virtcast.yml").read_text())
    return content


def _target(address: str, instance: str) -> str:
    return f"- targets: [{address}]\n  labels: {{instance: {instance}}}\n"


def _required(*names: str) -> str:
    found = program(*names)
    if found is None:
        raise FileNotFoundError(f"{names[0]} is not installed: `make system-packages` as root installs it")
    return found
