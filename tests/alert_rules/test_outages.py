"""Alertmanager, the forecaster and the mail server are killed in the middle: nothing is lost, all arrives."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from backends import Program
from lab.ports import free_port
from sinks import Mail, MailServer, WebServer, serving

from .test_channels import OPERATORS, alert, configured, fire, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Eventually


class Stack:
    """An Alertmanager and a forecaster that logs, as processes; where e-mail and the rest arrive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mails: list[Mail] = []
        self.mail_port, ports = free_port(), [free_port() for _ in range(2)]
        self.web, unused = WebServer(), MailServer()
        unused.server_close()
        self.forecaster = self._forecaster(ports[0])
        chosen = values(folder, unused, self.web)
        chosen["channels"] |= {
            "history_url": f"{self.forecaster.url}/api/v1/alerts",
            "smtp_smarthost": f"127.0.0.1:{self.mail_port}",
        }
        flags = configured(folder, chosen, self.web.url)
        argv = ["prometheus-alertmanager", *flags, f"--web.listen-address=127.0.0.1:{ports[1]}"]
        self.alertmanager = Program(argv, ports[1], folder / "alertmanager.log")

    def _forecaster(self, port: int) -> Program:
        argv = [
            sys.executable,
            "-m",
            "forecaster.cli",
            "--prometheus.url=http://127.0.0.1:1",
            f"--state.dir={self.folder}/state",
            f"--alerts.token-file={self.folder}/token",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        return Program(argv, port, self.folder / "forecaster.log", "/-/healthy")

    @contextmanager
    def mail(self) -> Iterator[None]:
        """The mail server answers; what came is kept beyond its end."""
        server = MailServer(self.mail_port)
        server.mails = self.mails
        with serving(server):
            yield

    def mailed(self, domain: str) -> int:
        """How many e-mails the operators got about a VM."""
        mine = [each.part("plain") for each in self.mails if each.to == OPERATORS]
        return sum(f"  domain: {domain}" in text.splitlines() for text in mine)

    def logged(self) -> set[tuple[str, str]]:
        """VM and status of each line of the audit log."""
        path = self.folder / "state" / "alerts.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return {(each["labels"]["domain"], each["status"]) for each in lines}

    def shown(self) -> list[dict[str, Any]]:
        """The alerts of the API."""
        with urlopen(f"{self.forecaster.url}/api/v1/alerts", timeout=5) as answer:  # noqa: S310 (loopback)
            found: list[dict[str, Any]] = json.load(answer)["data"]["alerts"]
            return found


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path)
    with serving(made.web):
        try:
            yield made
        finally:
            made.alertmanager.stop()
            made.forecaster.stop()


class Alert:
    """A critical alert on a VM; each host is a group, and groups do not wait for each other."""

    def __init__(self, url: str, host: str, domain: str) -> None:
        self.url, self.since = url, datetime.now(UTC)
        self.labels = alert("VmCrashed", domain, instance=host)

    def fire(self, *, over: bool = False) -> None:
        """Send it, as Prometheus does again and again."""
        fire(self.url, self.labels, since=self.since, over=over)


def test_all_arrives_and_the_log_has_all(stack: Stack, eventually: Eventually) -> None:
    url = stack.alertmanager.url
    with stack.mail():
        stack.forecaster.start()
        stack.alertmanager.start()
        before = Alert(url, "a", "before")
        before.fire()
        assert eventually(lambda: ("before", "firing") in stack.logged() and stack.mailed("before") == 1)

    stack.forecaster.kill()  # and the mail server is gone
    during = Alert(url, "b", "during")
    during.fire()
    assert eventually(lambda: "during" in json.dumps(stack.web.at("/critical")))
    assert ("during", "firing") not in stack.logged()
    with stack.mail():
        stack.forecaster.start()
        assert eventually(lambda: ("during", "firing") in stack.logged())
        assert eventually(lambda: stack.mailed("during") == 1)

        unsent = Alert(url, "c", "unsent")
        unsent.fire()
        stack.alertmanager.kill()  # while it waits for more of the group
        stack.alertmanager.start()
        for each in (before, during, unsent):
            each.fire()
        assert eventually(lambda: ("unsent", "firing") in stack.logged() and stack.mailed("unsent") > 0)
        before.fire(over=True)
        assert eventually(lambda: ("before", "resolved") in stack.logged())

    shown = {(each["labels"]["domain"], each["status"]) for each in stack.shown()}
    assert shown == {("before", "resolved"), ("during", "firing"), ("unsent", "firing")}
