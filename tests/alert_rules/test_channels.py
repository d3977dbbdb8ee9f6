"""Each channel of notifications: a real Alertmanager with all of them, and servers that keep what arrives."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest
import yaml

from alert_rules import registry, render
from sinks import MailServer, WebServer, serving

from .conftest import Alertmanager, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sinks import Mail

    from .conftest import Eventually

ALERTS = {row.name: row for row in registry.ALERTS}
EVIL = """we<b> & "c'o" $(id) `id` \\ <!channel> [a](http://b) *c* _d_ {{ .Labels }} k: v # ünï"""
OPERATORS, SMS, ALICE = "ops@example.org", "49170@sms.example.org", "alice@example.org"
BOB = "/bob"


class Stack(NamedTuple):
    """An Alertmanager, and where its notifications arrive."""

    alertmanager: Alertmanager
    mail: MailServer
    web: WebServer
    folder: Path

    def fire(self, *alerts: Mapping[str, str], over: bool = False) -> None:
        fire(self.alertmanager.url, *alerts, over=over)

    def mails(self, to: str) -> list[Any]:
        return [mail for mail in self.mail.mails if mail.to == to]


def fire(url: str, *alerts: Mapping[str, str], since: datetime | None = None, over: bool = False) -> None:
    """Post alerts to an Alertmanager as Prometheus does. They fire since now if nothing else is said: what
    has fired for longer than `group_wait` is not waited for.
    """
    now = datetime.now(UTC)
    begun = since or (now - timedelta(minutes=1) if over else now)
    times = {"startsAt": begun.isoformat()} | ({"endsAt": now.isoformat()} if over else {})
    told = [{"labels": labels, "annotations": texts(labels), **times} for labels in alerts]
    kind = {"Content-Type": "application/json"}
    request = Request(f"{url}/api/v2/alerts", json.dumps(told).encode(), kind)  # noqa: S310 (loopback)
    with urlopen(request, timeout=5) as answer:  # noqa: S310 (loopback)
        assert answer.status == 200


def alert(name: str, domain: str = EVIL, **labels: str) -> dict[str, str]:
    return {"alertname": name, **ALERTS[name].all_labels, "instance": "host-a", "domain": domain, **labels}


def texts(labels: Mapping[str, str]) -> dict[str, str]:
    """As the rules write them; the example has a link with a name in it."""
    domain = labels["domain"]
    return {
        "summary": f"{domain} has crashed",
        "description": f"The VM {domain} on host-a has crashed.",
        "runbook_url": "http://forecaster:9178/runbooks/VmCrashed.md",
        "dashboard_url": "http://grafana:3000/d/virtcast-vm?var-domain=we%3Cb%3E",
    }


def configured(folder: Path, chosen: Mapping[str, Any], webhook: str) -> list[str]:
    """The flags of an Alertmanager with the demo's times, whose data are in `folder`."""
    (folder / "values.yml").write_text(yaml.safe_dump(chosen))
    flags = ["--profile=demo", f"--values={folder}/values.yml", f"--output={folder}"]
    assert render.main([*flags, f"--webhook-url={webhook}", f"--watchdog-url={webhook}/watchdog"]) == 0
    return [
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/data",
        "--cluster.listen-address=",
    ]


def values(folder: Path, mail: MailServer, web: WebServer) -> dict[str, Any]:
    secrets = {
        "slack": f"{web.url}/slack",
        "teams": f"{web.url}/teams",
        "pagerduty": "a-routing-key",
        "token": "a-token",
        "gotify": "another-token",
    }
    for name, text in secrets.items():
        (folder / name).write_text(text)
    channels = {
        "email_to": OPERATORS,
        "email_from": "virtcast@example.org",
        "smtp_smarthost": f"127.0.0.1:{mail.port}",
        "smtp_require_tls": False,
        "sms_to": SMS,
        "slack_url_file": str(folder / "slack"),
        **({"teams_url_file": str(folder / "teams")} if "teams" in told_here() else {}),
        "pagerduty_key_file": str(folder / "pagerduty"),
        "pagerduty_url": f"{web.url}/v2/enqueue",
        "ntfy_url": f"{web.url}/ntfy",
        "ntfy_token_file": str(folder / "token"),
        **(
            {"gotify_url": web.url, "gotify_token_file": str(folder / "gotify")}
            if "gotify" in told_here()
            else {}
        ),
        "history_url": f"{web.url}/api/v1/alerts",
        "history_token_file": str(folder / "token"),
    }
    return {"channels": channels, "owners": {"alice": ALICE, 'b"o\\b': f"{web.url}{BOB}"}}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with ExitStack() as entered:
        mail, web = MailServer(), WebServer()
        entered.enter_context(serving(mail))
        entered.enter_context(serving(web))
        flags = configured(tmp_path, values(tmp_path, mail, web), web.url)
        log = tmp_path / "alertmanager.log"
        address = entered.enter_context(running("prometheus-alertmanager", log, *flags))
        yield Stack(Alertmanager(f"http://{address}"), mail, web, tmp_path)


@cache
def version() -> tuple[int, ...]:
    """Of the Alertmanager here: 0.25 is that of Debian 12, 0.28 that of Debian 13."""
    told = subprocess.run(
        ["prometheus-alertmanager", "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"version (\d+)\.(\d+)", told.stdout + told.stderr)
    assert found, told
    return tuple(map(int, found.groups()))


def told_here() -> dict[str, Channel]:
    """The channels that the Alertmanager here has, by name."""
    return {name: channel for name, channel in CHANNELS.items() if version() >= channel.since}


def test_a_critical_alert_arrives_at_each_channel_once_and_so_does_its_end(
    stack: Stack, eventually: Eventually
) -> None:
    def everywhere(number: int) -> bool:
        return all(len(channel.arrived(stack)) >= number for channel in told_here().values())

    crashed = alert("VmCrashed")
    stack.fire(crashed)
    assert eventually(lambda: everywhere(1)), (stack.folder / "alertmanager.log").read_text()
    stack.fire(crashed, over=True)
    assert eventually(lambda: everywhere(2)), (stack.folder / "alertmanager.log").read_text()

    for channel in told_here().values():
        fires, over = channel.arrived(stack)
        channel.check(fires, over)
    tokens = {each.path: each.authorization for each in stack.web.posts if each.authorization}
    assert tokens == {
        "/ntfy?template=alertmanager": "Bearer a-token",
        "/api/v1/alerts": "Bearer a-token",
        **({"/message": "Bearer another-token"} if "gotify" in told_here() else {}),
    }


def check_mail(fires: Mail, over: Mail) -> None:
    assert fires.message["Subject"] == f"[critical] {EVIL} has crashed"
    assert over.message["Subject"] == f"[resolved] {EVIL} has crashed"
    text = fires.part("plain")
    assert f"The VM {EVIL} on host-a has crashed." in text
    assert "Runbook: http://forecaster:9178/runbooks/VmCrashed.md" in text
    assert f"  domain: {EVIL}" in text
    page = fires.part("html")
    assert "<b>" not in page
    assert "<!channel>" not in page
    assert f"The VM {EVIL} on host-a has crashed." in unescape(page)
    assert 'href="http://forecaster:9178/runbooks/VmCrashed.md"' in page
    assert "amtool" not in over.part("plain") + over.part("html")  # nothing is left to acknowledge
    wanted = f'{{alertname="VmCrashed", domain={json.dumps(EVIL, ensure_ascii=False)}, instance="host-a"}}'
    links = [
        re.findall(rf"(http\S+#/silences/new\?filter=[^\s\"]+){end}", each)
        for each, end in ((text, r"\s"), (page, '"'))
    ]
    assert [[unquote(link.partition("filter=")[2]) for link in found] for found in links] == [[wanted]] * 2


def check_short_message(fires: Mail, over: Mail) -> None:
    assert fires.part("plain").strip() == f"critical: {EVIL} has crashed"
    assert over.part("plain").strip() == f"resolved: {EVIL} has crashed"


def check_slack(*posts: Any) -> None:
    fires, over = (each["attachments"][0] for each in posts)
    escaped = EVIL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert fires["title"] == f"[critical] {escaped} has crashed"
    assert over["title"] == f"[resolved] {escaped} has crashed"
    assert f"The VM {escaped} on host-a has crashed." in fires["text"]
    marks = re.findall(r"<([^>|]*)\|(\w+)>", fires["text"])
    assert [text for _, text in marks] == ["Runbook", "Dashboard", "Acknowledge"]
    assert "<" not in re.sub(r"<[^>|]*\|\w+>", "", fires["text"])


def check_teams(*posts: Any) -> None:
    """Adaptive cards, as a workflow of Teams takes them; marks in names stand behind a backslash."""
    escaped = re.sub(r"([\\`*_\[\]])", r"\\\1", EVIL)
    fires, over = (each["attachments"][0]["content"] for each in posts)
    assert fires["type"] == over["type"] == "AdaptiveCard"
    (title, text), (over_title, over_text) = (
        [each["text"] for each in card["body"]] for card in (fires, over)
    )
    assert title == f"[critical] {escaped} has crashed"
    assert over_title == f"[resolved] {escaped} has crashed"
    heading, description, links = text.strip().split("\n\n")
    assert heading == f"**{escaped} has crashed** (VmCrashed, critical)"
    assert description == f"The VM {escaped} on host-a has crashed."
    assert re.findall(r"\[(\w+)\]\(http[^()\s]+\)", links) == ["Runbook", "Dashboard", "Acknowledge"]
    assert "Acknowledge" not in over_text


def check_pagerduty(fires: Any, over: Any) -> None:
    assert (fires["event_action"], over["event_action"]) == ("trigger", "resolve")
    assert fires["routing_key"] == "a-routing-key"
    assert fires["dedup_key"] == over["dedup_key"]
    assert fires["payload"]["severity"] == "critical"
    assert fires["payload"]["summary"] == f"[critical] {EVIL} has crashed"
    text = fires["payload"]["custom_details"]["text"]
    assert text.startswith(f"\t{EVIL} has crashed\nVmCrashed, critical, since ")
    assert "amtool silence add" in text


def check_webhook(fires: Any, over: Any) -> None:
    """Alertmanager's own JSON, which ntfy and the forecaster take as well."""
    assert (fires["status"], over["status"]) == ("firing", "resolved")
    for post in (fires, over):
        (told,) = post["alerts"]
        assert told["labels"] == alert("VmCrashed")
        assert told["annotations"] == texts(told["labels"])


def check_gotify(fires: Any, over: Any) -> None:
    """Plain text in the fields that Gotify has, with nothing of a name taken for YAML or a template."""
    assert fires.keys() == over.keys() == {"title", "message", "priority"}
    assert fires["priority"] == over["priority"] == 8
    assert fires["title"].strip() == f"[critical] {EVIL} has crashed"
    assert over["title"].strip() == f"[resolved] {EVIL} has crashed"
    assert fires["message"].startswith(f"\t{EVIL} has crashed\nVmCrashed, critical, since ")
    assert f"The VM {EVIL} on host-a has crashed." in fires["message"]
    assert f"  domain: {EVIL}\n" in fires["message"]
    assert "amtool silence add" in fires["message"]
    assert "amtool" not in over["message"]


class Channel(NamedTuple):
    """What arrives at a path, or by mail for somebody, and how it is judged; since which Alertmanager."""

    at: str
    check: Callable[..., None]
    since: tuple[int, int] = (0, 25)

    def arrived(self, stack: Stack) -> list[Any]:
        return stack.web.at(self.at) if self.at.startswith("/") else stack.mails(self.at)


CHANNELS = {
    "e-mail": Channel(OPERATORS, check_mail),
    "SMS gateway": Channel(SMS, check_short_message),
    "slack": Channel("/slack", check_slack),
    "teams": Channel("/teams", check_teams, (0, 28)),
    "pagerduty": Channel("/v2/enqueue", check_pagerduty),
    "webhook": Channel("/critical", check_webhook),
    "ntfy": Channel("/ntfy?template=alertmanager", check_webhook),
    "gotify": Channel("/message", check_gotify, (0, 32)),
    "history": Channel("/api/v1/alerts", check_webhook),
}


def test_the_command_of_a_notification_silences_that_alert_and_runs_nothing_else(
    stack: Stack, eventually: Eventually
) -> None:
    stack.fire(alert("VmCrashed"), alert("VmCrashed", "other"))
    assert eventually(lambda: len(stack.mails(OPERATORS)) == 1)
    text, page = (stack.mails(OPERATORS)[0].part(kind) for kind in ("plain", "html"))
    commands = [line.strip() for line in text.splitlines() if "amtool silence add" in line]
    assert commands == re.findall(r"amtool silence add .*(?=</pre>)", unescape(page))
    mine = next(command for command in commands if "other" not in command)
    url = stack.alertmanager.url
    said = subprocess.run(
        ["sh", "-c", re.sub(r"--alertmanager.url='[^']*'", f"--alertmanager.url='{url}'", mine)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert said.returncode == 0, said.stderr
    assert re.fullmatch(r"[0-9a-f-]{36}\n", said.stdout)
    states = {"VmCrashed host-a other": "active", f"VmCrashed host-a {EVIL}": "suppressed"}
    assert eventually(lambda: stack.alertmanager.states() == states), stack.alertmanager.states()


def test_200_alerts_of_a_host_are_one_notification(stack: Stack, eventually: Eventually) -> None:
    names = ("VmCrashed", "VmPausedOnIoError", "VmDiskErrors", "VmMemoryExhausted")
    critical = [name for name in names if ALERTS[name].severity == "critical"]
    assert len(critical) > 1
    stack.fire(*(alert(critical[number % len(critical)], f"vm-{number}") for number in range(200)))
    stack.fire(alert("VmCrashed", "elsewhere", instance="host-b"))
    assert eventually(lambda: len(stack.web.at("/critical")) == 2 and len(stack.mails(OPERATORS)) == 2)
    told = {post["groupLabels"]["instance"]: post for post in stack.web.at("/critical")}
    assert {host: len(post["alerts"]) for host, post in told.items()} == {"host-a": 200, "host-b": 1}
    mail = next(each for each in stack.mails(OPERATORS) if "host-a" in str(each.message["Subject"]))
    assert mail.message["Subject"] == f"[200 firing] host-a: {min(critical)} and others"
    assert mail.part("plain").count("amtool silence add") == 20
    assert "There are 200 alerts" in mail.part("plain")
    assert "There are 200 alerts" in mail.part("html")


def test_an_owner_is_told_of_their_own_vms_only(stack: Stack, eventually: Eventually) -> None:
    stack.fire(
        alert("VmCrashed", "of-alice", owner="alice"),
        alert("VmCrashed", "of-bob", owner='b"o\\b'),
        alert("VmCrashed", "of-carol", owner="alice2"),
        alert("VmCrashed", "of-nobody", owner="none"),
        alert("VmAutostartOff", "idle-of-alice", owner="alice"),
    )
    assert eventually(lambda: bool(stack.web.at(BOB) and stack.mails(ALICE) and stack.web.at("/critical")))
    domains = {
        path: {each["labels"]["domain"] for post in stack.web.at(path) for each in post["alerts"]}
        for path in (BOB, "/critical")
    }
    assert domains[BOB] == {"of-bob"}
    assert domains["/critical"] == {"of-alice", "of-bob", "of-carol", "of-nobody"}
    (mail,) = stack.mails(ALICE)
    for text in (mail.part("plain"), mail.part("html")):
        assert "of-alice" in text
        assert not re.search("of-bob|of-carol|of-nobody", text)


def test_what_has_come_true_inhibits_its_prediction_in_every_channel(
    stack: Stack, eventually: Eventually
) -> None:
    full = alert("VmFilesystemFull", "web", mountpoint="/data")
    soon = alert("VmFilesystemExhaustionPredicted", "web", mountpoint="/data")
    other = alert("VmFilesystemExhaustionPredicted", "db", mountpoint="/")
    stack.fire(full)
    assert eventually(lambda: bool(stack.web.at("/critical")))
    stack.fire(full, soon, other)
    assert eventually(lambda: bool(stack.web.at("/warning")))
    assert eventually(lambda: len(stack.mails(OPERATORS)) == 2)
    told = [
        (each["labels"]["alertname"], each["labels"]["domain"])
        for post in stack.web.posts
        if post.path in {"/critical", "/warning", "/api/v1/alerts"}
        for each in post.body["alerts"]
    ]
    assert (soon["alertname"], "web") not in told
    assert {(full["alertname"], "web"), (other["alertname"], "db")} <= set(told)
