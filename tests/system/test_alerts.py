"""From a fault to people: what goes wrong is told once, by its own alerts and no others, and so is its end.

All situations happen at the same time, each to a guest or program of its own, so that each is the others'
silent twin: an alert that no situation names fails the test.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from alert_stack import ROWS, Stack
from sinks import serving
from situations import SITUATIONS
from situations.scene import Scene, nothing, until
from situations.values import VALUES
from stage import NAMES, set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alert_stack import Told
    from lab import Lab
    from situations.scene import Situation

pytestmark = pytest.mark.lab

PATIENCE = 90.0  # seconds; some things the exporter reads once a minute
CRITICAL_SECONDS = 60.0  # for a machine on which all of it happens at once; the table shows how long it took
WORKERS = 8
Key = frozenset[tuple[str, str]]


@dataclass
class Story:
    """What happened, with monotonic times by situation."""

    scene: Scene
    began: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)

    @property
    def told(self) -> list[Told]:
        return self.scene.stack.told()

    def happen(self, act: Callable[[Situation], None]) -> None:
        """An act for each situation, several at a time; those of one guest in their order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(act, SITUATIONS))

    def begin(self, situation: Situation) -> None:
        self.began[situation.about] = 0.0 if situation.begins is nothing else time.monotonic()
        situation.begins(self.scene)

    def end(self, situation: Situation) -> None:
        self.ended[situation.about] = time.monotonic()
        situation.ends(self.scene)

    @property
    def expected(self) -> dict[Key, Situation]:
        """Which situation each alert belongs to."""
        run = str(self.scene.stack.run)
        every = ((labels, one) for one in SITUATIONS for labels in one.fires)
        return {key({name: text.replace("RUN", run) for name, text in labels.items()}): one
                for labels, one in every}  # fmt: skip

    @property
    def foreseen(self) -> list[Told]:
        """What was told, without what no situation names."""
        return [each for each in self.told if key(each.labels) in self.expected]

    def took(self, told: Told) -> float:
        """Seconds from the beginning of its situation."""
        return told.arrived - self.began[self.expected[key(told.labels)].about]


def key(labels: Mapping[str, str]) -> Key:
    return frozenset(labels.items())


@pytest.fixture(scope="module")
def scene(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    run, folder, (host, other) = tmp_path_factory.mktemp("alerts"), lab.root / "alerts", lab.hosts
    folder.mkdir()
    (run / "exporter.yml").write_text("")
    reading_and_writing = ["--libvirt.read-write", "--agent.interval=1", f"--config.file={run}/exporter.yml"]
    own = f"--domain.include={'|'.join(NAMES)}"  # the lab has guests of other tests
    flags = {
        host.name: [f"--libvirt.uri={host.uri}", *reading_and_writing, own],
        other.name: [f"--libvirt.uri={other.read_only_uri}", own],
    }
    stack = Stack(run, lab.hosts, VALUES, flags)
    with set_up(host, folder) as guests, serving(stack.sink), serving(stack.proxy):
        try:
            stack.start()
            yield Scene(lab, stack, guests, folder)
        finally:
            stack.processes.stop()


@pytest.fixture(scope="module")
def story(scene: Scene) -> Story:
    """All of it happens, and is undone."""
    story = Story(scene)
    until(lambda: len(scene.stack.sink.at("/watchdog")) > 1, "the watchdog is delivered", PATIENCE)
    story.happen(story.begin)
    _quietly(lambda: story.expected.keys() <= {key(each.labels) for each in story.told})
    story.happen(story.end)
    _quietly(lambda: all(each.resolved for each in story.told))
    return story


def _quietly(holds: Callable[[], bool]) -> None:
    """Wait; what is missing then is for the tests to say."""
    limit = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < limit:
        time.sleep(0.5)


def test_each_situation_is_told_by_its_alerts_and_no_others(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(_table(story))
    told = {key(each.labels) for each in story.told}
    assert [dict(missing) for missing in story.expected.keys() - told] == []
    assert [dict(more) for more in told - story.expected.keys()] == []


def test_each_alert_is_told_once_and_after_its_situation_began(story: Story) -> None:
    times = Counter(key(each.labels) for each in story.told)
    assert [dict(labels) for labels, count in times.items() if count > 1] == []
    assert [each.labels for each in story.foreseen if story.took(each) < 0] == []


def test_critical_alerts_arrive_soon(story: Story) -> None:
    critical = [each for each in story.foreseen if each.labels["severity"] == "critical"]
    assert len(critical) >= 8
    late = [each.labels for each in critical if story.took(each) > CRITICAL_SECONDS]
    assert late == []


def test_each_alert_is_over_after_its_cause(story: Story) -> None:
    assert [each.labels for each in story.told if each.resolved is None] == []


def test_what_a_maintenance_window_mutes_fires_and_is_not_told(story: Story) -> None:
    muted = [labels for situation in SITUATIONS for labels in situation.held]
    assert muted
    assert [labels for labels in muted if not story.scene.stack.fired(labels, "10m")] == []
    assert [each.labels for each in story.told if each.labels in muted] == []


def test_at_least_twenty_alerts_have_fired(story: Story) -> None:
    names = {each.labels["alertname"] for each in story.told}
    assert len(names) >= 20
    assert names <= ROWS.keys()


def test_a_prometheus_that_hangs_is_told_by_a_watchdog_that_stops(story: Story) -> None:
    stack = story.scene.stack
    stack.signal("prometheus", signal.SIGSTOP)
    try:
        until(lambda: _silent_for(stack) > SILENCE, "no heartbeat comes", PATIENCE)
    finally:
        stack.signal("prometheus", signal.SIGCONT)
    until(lambda: _silent_for(stack) < SILENCE, "heartbeats come again", PATIENCE)


SILENCE = 12.0  # seconds, four times that between two heartbeats


def _silent_for(stack: Stack) -> float:
    beats = [post.at for post in stack.sink.posts if post.path == "/watchdog"]
    return time.monotonic() - beats[-1]


def _table(story: Story) -> str:
    """A line for each alert: how long after the situation began it was told, and told to be over."""
    by_key = {key(each.labels): each for each in story.told}
    lines = ["", f"{'told':>6} {'over':>6}  seconds after the situation began and ended"]
    for labels, situation in story.expected.items():
        told = by_key.get(labels)
        took = f"{story.took(told):6.1f}" if told and story.began[situation.about] else "     -"
        over = f"{told.resolved - story.ended[situation.about]:6.1f}" if told and told.resolved else "     -"
        names = dict(labels)
        lines.append(f"{took} {over}  {names['severity']:8} {names['alertname']}: {situation.about}")
    first = min(each.arrived for each in story.told)
    more = [each for each in story.told if key(each.labels) not in story.expected]
    lines += [f"after {each.arrived - first:.1f} s and not expected: {dict(each.labels)}" for each in more]
    return "\n".join((*lines, ""))
