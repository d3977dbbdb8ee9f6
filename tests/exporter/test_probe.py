"""Other hosts by their aliases: nothing else can be asked for, each on its own, opened late and closed."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exporter import probe
from exporter.collectors.registry import COLLECTORS
from exporter.config import Target
from exporter.probe import Probes
from exporter.snapshot.cpu import VCPU
from exporter.snapshot.job import JOBS
from exporter.source.settings import Settings
from exporter.web.message import Request
from exporter.web.query import Query
from exporter.web.refusal import Refusal

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot
    from exporter.web.message import Response

NEEDS = frozenset({VCPU, JOBS})
TARGETS = {"one": Target("qemu+tls://one/system"), "two": Target("qemu+ssh://two/system", connections=7)}


class Opened:
    """A host that notes what is done with it; it answers when `gate` is open."""

    def __init__(self, settings: Settings, snapshot: Snapshot) -> None:
        self.settings = settings
        self.calls: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Semaphore(0)
        self._snapshot = snapshot

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def collect(self, until: float) -> Snapshot:  # noqa: ARG002 (a source's signature)
        self.calls.append("collect")
        self.reached.release()
        self.gate.wait()
        return replace(
            self._snapshot, connection=replace(self._snapshot.connection, hostname=self.settings.uri)
        )


class Hosts:
    """Opens hosts and remembers them by URI."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.opened: dict[str, list[Opened]] = {}

    def __call__(self, settings: Settings) -> Opened:
        made = Opened(settings, self._snapshot)
        self.opened.setdefault(settings.uri, []).append(made)
        return made


@pytest.fixture
def hosts(snapshot: Snapshot) -> Hosts:
    return Hosts(snapshot)


@pytest.fixture
def probes(hosts: Hosts) -> Probes:
    settings = Settings(uri="qemu:///system", needs=NEEDS, agent_interval=3)
    return Probes(TARGETS, settings, COLLECTORS, 2.0, hosts)


def ask(probes: Probes, **query: str) -> Response:
    return probes(Request("/probe", Query(tuple(query.items()))))


def refused(probes: Probes, **query: str) -> int:
    with pytest.raises(Refusal) as caught:
        ask(probes, **query)
    return caught.value.status


def test_a_target_is_opened_when_it_is_asked_for_and_once(probes: Probes, hosts: Hosts) -> None:
    assert hosts.opened == {}
    pages = [ask(probes, target="one"), ask(probes, target="one")]
    assert [page.status for page in pages] == [200, 200]
    assert b'hostname="qemu+tls://one/system"' in pages[1].body
    assert hosts.opened.keys() == {"qemu+tls://one/system"}
    (host,) = hosts.opened["qemu+tls://one/system"]
    assert host.calls == ["start", "collect", "collect"]


def test_settings_are_everybodys_but_for_uri_and_connections(probes: Probes, hosts: Hosts) -> None:
    ask(probes, target="two")
    (host,) = hosts.opened["qemu+ssh://two/system"]
    assert host.settings == Settings(
        uri="qemu+ssh://two/system", connections=7, needs=NEEDS, agent_interval=3
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"target": ""}, 400),
        ({"target": "three"}, 404),
        ({"target": "qemu+tls://one/system"}, 404),
        ({"uri": "qemu+tls://one/system"}, 400),
        ({"target": "one\n"}, 404),
    ],
)
def test_what_is_no_alias_opens_nothing(
    probes: Probes, hosts: Hosts, query: dict[str, str], status: int
) -> None:
    assert refused(probes, **query) == status
    assert hosts.opened == {}


def test_a_stuck_target_costs_the_others_nothing(probes: Probes, hosts: Hosts) -> None:
    ask(probes, target="one")
    (stuck,) = hosts.opened["qemu+tls://one/system"]
    stuck.gate.clear()
    waiting = threading.Thread(target=ask, args=(probes,), kwargs={"target": "one"})
    waiting.start()
    stuck.reached.acquire()
    stuck.reached.acquire()
    assert ask(probes, target="two").status == 200
    assert waiting.is_alive()
    stuck.gate.set()
    waiting.join()


def test_idle_targets_are_closed_and_opened_anew(
    probes: Probes, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(probes, target="one")
    ask(probes, target="two")
    monkeypatch.setattr(probe, "IDLE", 0.0)
    ask(probes, target="one")
    first, second = hosts.opened["qemu+tls://one/system"]
    assert (first.calls[-1], second.calls) == ("stop", ["start", "collect"])
    assert hosts.opened["qemu+ssh://two/system"][0].calls == ["start", "collect", "stop"]


def test_stopped_every_target_is_closed_and_none_is_opened(probes: Probes, hosts: Hosts) -> None:
    ask(probes, target="one")
    probes.stop()
    assert hosts.opened["qemu+tls://one/system"][0].calls == ["start", "collect", "stop"]
    assert [refused(probes, target="one"), refused(probes, target="two")] == [503, 503]
    assert hosts.opened.keys() == {"qemu+tls://one/system"}


def test_other_targets_are_probed_from_now_on_and_what_stays_keeps_its_connections(
    probes: Probes, hosts: Hosts
) -> None:
    for alias in TARGETS:
        ask(probes, target=alias)
    other = replace(TARGETS["two"], connections=3)
    probes.replace({"one": TARGETS["one"], "two": other, "three": Target("qemu+tls://three/system")})
    for alias in ("one", "two", "three"):
        ask(probes, target=alias)
    (one,) = hosts.opened["qemu+tls://one/system"]
    before, after = hosts.opened["qemu+ssh://two/system"]
    assert one.calls == ["start", "collect", "collect"]
    assert (before.calls[-1], after.settings.connections) == ("stop", 3)
    assert probes.counts() == {"one": 2, "two": 2, "three": 1}


def test_a_target_that_has_been_removed_is_closed_and_unknown(probes: Probes, hosts: Hosts) -> None:
    ask(probes, target="one")
    probes.replace({"two": TARGETS["two"]})
    assert hosts.opened["qemu+tls://one/system"][0].calls == ["start", "collect", "stop"]
    assert refused(probes, target="one") == 404
    assert probes.counts() == {"two": 0}
