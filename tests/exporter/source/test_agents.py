"""Guest agents, some of them hostile: what a guest does costs its own figures, and nobody else's."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libvirt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from example_host import page
from exporter.scrape import SUCCESS
from exporter.snapshot.connection import Connection
from exporter.snapshot.domain import Domain
from exporter.snapshot.snapshot import Snapshot
from exporter.snapshot.text import LONGEST
from exporter.source import agent_schedule, agents
from exporter.source.agents import Agents
from exporter.source.background import Background
from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWER: dict[str, Any] = {
    "fs.count": 1, "fs.0.name": "vda1", "fs.0.mountpoint": "/", "fs.0.fstype": "ext4",
    "fs.0.total-bytes": 10, "fs.0.used-bytes": 5, "fs.0.disk.0.device": "/dev/vda1",
    "hostname": "h", "os.id": "debian", "os.pretty-name": "Debian", "os.version-id": "12",
    "os.kernel-release": "6.1", "os.machine": "x86_64", "timezone.name": "CET", "timezone.offset": 3600,
    "user.count": 1, "user.0.name": "a", "user.0.domain": "D", "user.0.login-time": 1000,
    "if.count": 1, "if.0.name": "eth0", "if.0.hwaddr": "52:54:00:00:00:01", "if.0.addr.count": 1,
    "if.0.addr.0.type": "ipv4", "if.0.addr.0.addr": "10.0.0.1", "if.0.addr.0.prefix": 24,
}  # fmt: skip
TEXTS = [key for key, value in ANSWER.items() if isinstance(value, str)]
NUMBERS = [key for key, value in ANSWER.items() if not isinstance(value, str)]
HOSTILE_TEXTS = ("\udc00", "�", "\0", "\x1b[31m", "x" * 100_000, '"} 1\nlibvirt_up 0', "\u202e\u2028")
HOSTILE_NUMBERS = (-1, 0, 2**63, 1e300, float("nan"), "no number", None)


class FakeDomain:
    """A domain whose agent answers with `answer()`, in whole to each question."""

    def __init__(self, answer: Callable[[], dict[str, Any]]) -> None:
        self._answer = answer

    def guestInfo(self, _types: int, _flags: int) -> dict[str, Any]:  # noqa: N802 (libvirt's name)
        return self._answer()

    def getTime(self) -> dict[str, int]:  # noqa: N802 (libvirt's name)
        if not self._answer():
            raise libvirt.libvirtError("silent")
        return {"seconds": 1, "nseconds": 0}


class Guests:
    """Connections to domains with agents. There is no other call: none that leaves a trace on a domain."""

    def __init__(self, answers: dict[str, Callable[[], dict[str, Any]]]) -> None:
        self._answers = answers
        self.asked = dict.fromkeys(answers, 0)

    @contextmanager
    def use(self) -> Iterator[Any]:
        yield self

    def close(self) -> None:
        pass

    def lookupByUUIDString(self, uuid: str) -> FakeDomain:  # noqa: N802 (libvirt's name)
        self.asked[uuid] += 1
        return FakeDomain(self._answers[uuid])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked each 10 ms, on a machine that may be busy for longer: an answer is not old for that."""
    monkeypatch.setattr(agents, "LOOK", 0.01)
    monkeypatch.setattr(agent_schedule, "MISSED", 6000)


def shown_while(
    answers: dict[str, Callable[[], dict[str, Any]]], until: Callable[[Guests], bool]
) -> tuple[dict[str, Any], Background]:
    """The agents after a time in which they were asked again and again."""
    guests, background = Guests(answers), Background()
    made = Agents(guests, 0.01, lambda: answers, background)  # type: ignore[arg-type]  # as far as it is used
    made.ask_details()
    made.start()
    limit = time.monotonic() + 60
    while not until(guests):
        assert time.monotonic() < limit, guests.asked
        time.sleep(0.01)
    shown = made.schedule.read(time.monotonic())
    made.stop()
    return shown, background


class Refused:
    """Connections that libvirt refuses."""

    @contextmanager
    def use(self) -> Iterator[Any]:
        raise Unreachable("no polkit agent", "join the group")
        yield

    def close(self) -> None:
        pass


def test_why_no_agent_can_be_asked_is_known() -> None:
    made = Agents(Refused(), 0.01, tuple, Background())  # type: ignore[arg-type]  # as far as it is used
    made.start()
    limit = time.monotonic() + 60
    while made.refusal is None:
        assert time.monotonic() < limit
        time.sleep(0.01)
    made.stop()
    assert made.refusal == ("no polkit agent", "join the group")


def good() -> dict[str, Any]:
    return ANSWER


def undecodable() -> dict[str, Any]:
    b"\xff".decode()
    return {}


def refused() -> dict[str, Any]:
    raise libvirt.libvirtError("agent not connected")


def ending() -> dict[str, Any]:
    raise SystemExit


@pytest.mark.parametrize("hostile", [undecodable, refused, ending, dict])
def test_no_guest_ends_the_service_for_another(hostile: Callable[[], dict[str, Any]]) -> None:
    """More hostile guests than are asked at a time, each asked many times."""
    bad = {f"bad-{n}": hostile for n in range(2 * agent_schedule.CONCURRENCY)}

    def long_enough(guests: Guests) -> bool:
        return guests.asked["good"] >= 20 and all(guests.asked[one] >= 2 for one in bad)

    shown, background = shown_while({**bad, "good": good}, long_enough)
    assert shown["good"].up
    assert {shown[one].up for one in bad} == {False}
    assert {shown[one].updated for one in bad} == {None}
    assert bool(background.failures().get("agent")) == (hostile in (undecodable, ending))


def test_a_guest_without_file_systems_is_up() -> None:
    shown, _ = shown_while(
        {"diskless": lambda: {"hostname": "h"}}, lambda guests: guests.asked["diskless"] >= 2
    )
    assert shown["diskless"].up
    assert shown["diskless"].filesystems == ()
    assert shown["diskless"].details.hostname == "h"


def test_guests_that_never_answer_hold_their_own_calls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_schedule, "PATIENCE", 0.5)
    gate = threading.Event()

    def hanging() -> dict[str, Any]:
        gate.wait()
        return {}

    bad = {f"bad-{n}": hanging for n in range(agent_schedule.CONCURRENCY)}

    def answered_beside_all(guests: Guests) -> bool:
        return guests.asked["good"] >= 3 and all(guests.asked[one] for one in bad)

    shown, _ = shown_while({**bad, "good": good}, answered_beside_all)
    gate.set()
    assert shown["good"].up
    assert {shown[one].up for one in bad if one in shown} <= {False}


@pytest.mark.parametrize("key", TEXTS)
def test_any_text_in_any_field_is_one_bounded_label_value(key: str) -> None:
    """Each field a guest controls, with what broke pages and readers."""
    answers = {
        f"hostile-{n}": lambda value=value: {**ANSWER, key: value} for n, value in enumerate(HOSTILE_TEXTS)
    }
    shown, background = shown_while({**answers, "good": good}, lambda guests: min(guests.asked.values()) >= 2)
    assert background.failures() == {}
    domains = tuple(Domain(uuid, uuid, active=True, agent=agent) for uuid, agent in shown.items())
    text = page(Snapshot(Connection("test:///default", up=True), domains))
    assert text.encode().decode() == text
    families = list(text_string_to_metric_families(text))
    values = [value for family in families for one in family.samples for value in one.labels.values()]
    assert max(map(len, values)) <= LONGEST
    ups = [one for family in families if family.name == "libvirt_up" for one in family.samples]
    assert [one.value for one in ups] == [1.0]


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", HOSTILE_NUMBERS)
def test_any_number_in_any_field_costs_that_guest_only(key: str, value: Any) -> None:
    def hostile() -> dict[str, Any]:
        return {**ANSWER, key: value}

    shown, _ = shown_while({"hostile": hostile, "good": good}, lambda guests: min(guests.asked.values()) >= 2)
    assert shown["good"].up
    domain = Domain("u", "hostile", active=True, agent=shown["hostile"])
    snapshot = Snapshot(
        Connection("test:///default", up=True), (domain, replace(domain, name="good", agent=shown["good"]))
    )
    text = page(snapshot)
    assert 'libvirt_domain_filesystem_size_bytes{domain="good",mountpoint="/"} 10.0' in text
    failed = [
        line for line in text.splitlines() if line.startswith(f"{SUCCESS.name}{{") and line[-3:] != "1.0"
    ]
    assert failed == []
