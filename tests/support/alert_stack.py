"""The programs between libvirt and people, as an operator runs them, and what arrives at the end.

Exporters, a Prometheus with the shipped rules, an Alertmanager, forecasters; a web server gets all
notifications. The rules are those of the default profile; a values file makes their times short.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import requests
import yaml

from alert_rules import render
from alert_rules.configuration import ADDRESSES
from alert_rules.registry import ALERTS
from demo.services import Processes, Service, program
from faulty_proxy import FaultyProxy
from host_mounts import watching
from lab.ports import free_port
from sinks import WebServer

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
    from pathlib import Path

    from lab import Host

RECEIVER = "/api/v1/alerts"  # gets alerts of every severity
OWNER = "shop"
NONE = ("Watchdog",)  # what is no alert about anything
FORECASTER = "prometheus: {{url: '{url}', timeout: 8s, retries: 0}}\nstep: 10s\nday: 4m\nlookback: 10m\n"
ROWS = {row.name: row for row in ALERTS}


@dataclass(frozen=True)
class Told:
    """An alert as it came: its labels, when it began, and the monotonic times of its arrival and its end."""

    labels: Mapping[str, str]
    arrived: float
    resolved: float | None


def labels(name: str, owner: str = "none", **own: str) -> dict[str, str]:
    """All labels that an alert must have: of its row, of its subject, and of whoever owns the VM."""
    row = ROWS[name]
    return {"alertname": name, **row.all_labels, **own, **({"owner": owner} if row.of_vm else {})}


class Stack:
    """The programs, in processes of their own below `run`."""

    def __init__(
        self, run: Path, hosts: list[Host], values: Mapping[str, Any], exporter: Mapping[str, list[str]]
    ) -> None:
        self.run = run
        self.changing = (
            threading.Lock()
        )  # held while Prometheus takes a change of its configuration or targets
        self.sink = WebServer()
        names = (*(host.name for host in hosts), "prometheus", "alertmanager", "forecaster", "second")
        self.url = {name: f"http://127.0.0.1:{free_port()}" for name in names}
        self.proxy = FaultyProxy(self.url["prometheus"])  # between Prometheus and the second forecaster
        self.processes = Processes(run)
        self._services = [
            *(self._exporter(host, exporter[host.name]) for host in hosts),
            self._prometheus(),
            self._alertmanager(),
            self._forecaster("forecaster", self.url["prometheus"]),
            self._forecaster("second", self.proxy.url),
        ]
        self._configure(values, [host.name for host in hosts])

    def start(self) -> None:
        for service in self._services:
            self.processes.start(service)
        self.processes.wait_up(90)

    def signal(self, name: str, how: signal.Signals) -> None:
        """A signal for a program."""
        pid = self.processes.pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, how)

    def restart(self, name: str) -> None:
        self.processes.start(self.processes.services[name])

    def targets(self, job: str, **instances: str) -> None:
        """Who is scraped by a job, by instance; Prometheus reads it at once."""
        rows = [{"targets": [url.removeprefix("http://")], "labels": {"instance": name}}
                for name, url in instances.items()]  # fmt: skip
        (self.run / f"targets/{job}.yml").write_text(yaml.safe_dump(rows))

    def fired(self, labels: Mapping[str, str], within: str) -> bool:
        """Whether an alert has fired in Prometheus within a duration, told or not."""
        matchers = ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items())
        query = f'last_over_time(ALERTS{{alertstate="firing",{matchers}}}[{within}])'
        answer = requests.get(f"{self.url['prometheus']}/api/v1/query", {"query": query}, timeout=10)
        return bool(answer.json()["data"]["result"])

    def told(self) -> list[Told]:
        """All alerts that have arrived, each once for every time that it began.

        One that nobody was told of may yet be in a notification about others when it is over.
        """
        found: dict[tuple[Any, ...], Told] = {}
        for post in list(self.sink.posts):
            if post.path != RECEIVER:
                continue
            for each in post.body["alerts"]:
                key = (*sorted(each["labels"].items()), each["startsAt"])
                if each["status"] == "firing":
                    found.setdefault(key, Told(each["labels"], post.at, None))
                elif key in found and found[key].resolved is None:
                    found[key] = replace(found[key], resolved=post.at)
        return [each for each in found.values() if each.labels["alertname"] not in NONE]

    def _configure(self, values: Mapping[str, Any], hosts: list[str]) -> None:
        (self.run / "token").write_text("a-token")
        notified = {"history_url": self.sink.url + RECEIVER, "history_token_file": str(self.run / "token")}
        chosen = {**values, "channels": notified, "owners": {OWNER: f"{self.sink.url}/{OWNER}"}}
        addresses = {"webhook_url": self.sink.url, "watchdog_url": f"{self.sink.url}/watchdog"}
        assert set(addresses) < {each.name for each in ADDRESSES.values}
        (self.run / "values.yml").write_text(yaml.safe_dump({**chosen, ADDRESSES.name: addresses}))
        assert render.main([f"--values={self.run}/values.yml", f"--output={self.run}"]) == 0
        self.targets("libvirt", **{name: self.url[name] for name in hosts})
        self.targets("virtcast", forecaster=self.url["forecaster"], second=self.url["second"])
        for name in ("prometheus", "alertmanager"):
            self.targets(name, **{name: self.url[name]})
        self.targets("node")  # there is none

    def _exporter(self, host: Host, flags: list[str]) -> Service:
        url = self.url[host.name]
        listen = f"--web.listen-address={url.removeprefix('http://')}"
        argv = (*watching(host), sys.executable, "-m", "exporter.cli", listen, *flags)
        return Service(host.name, argv, url)

    def _forecaster(self, name: str, backend: str) -> Service:
        url = self.url[name]
        (self.run / f"{name}.yml").write_text(FORECASTER.format(url=backend))
        argv = (
            sys.executable, "-m", "forecaster.cli", f"--config.file={self.run}/{name}.yml",
            f"--state.dir={self.run}/state-{name}", f"--web.listen-address={url.removeprefix('http://')}",
        )  # fmt: skip
        return Service(name, argv, url)

    def _prometheus(self) -> Service:
        url = self.url["prometheus"]
        argv = (
            _path("prometheus"), f"--config.file={self.run}/prometheus.yml",
            f"--storage.tsdb.path={self.run}/prometheus", f"--web.listen-address={url.removeprefix('http://')}",
            "--rules.alert.resend-delay=2s",
        )  # fmt: skip
        return Service("prometheus", argv, url, "/-/ready")

    def _alertmanager(self) -> Service:
        url = self.url["alertmanager"]
        argv = (
            _path("prometheus-alertmanager", "alertmanager"), f"--config.file={self.run}/alertmanager.yml",
            f"--storage.path={self.run}/alertmanager", f"--web.listen-address={url.removeprefix('http://')}",
            "--cluster.listen-address=",
        )  # fmt: skip
        return Service("alertmanager", argv, url)


def _path(*names: str) -> str:
    found = program(*names)
    assert found is not None, f"{names[0]} is not installed"
    return found
