"""The cache of descriptions: read once, awaited as long as there is time, dropped with their domains."""

from __future__ import annotations

from exporter.snapshot.description import Description
from exporter.source.descriptions import LONGEST_AGE, Descriptions
from fake_time import FakeCondition, FakeTime


class Cache(Descriptions):
    """A cache in a time set by hand; what is ordered is put after `seconds`, if ever."""

    def __init__(self, seconds: float | None = None) -> None:
        self.time = FakeTime()
        self.ordered: list[str] = []
        self._seconds = seconds
        super().__init__(self._note, FakeCondition(self.time), self.time)

    def _note(self, uuid: str) -> None:
        self.ordered.append(uuid)
        if self._seconds is not None:
            self.time.after(self._seconds, lambda: self.put(uuid, Description(title=str(len(self.ordered)))))

    def title(self, uuid: str, seconds: float = 5.0) -> str | None:
        found = self.get([uuid], self.time.now + seconds).get(uuid)
        return found.title if found else None


def test_a_description_is_read_once_until_it_changes() -> None:
    cache = Cache(0.1)
    assert [cache.title("a") for _ in range(3)] == ["1"] * 3
    cache.changed("a")
    cache.changed("unknown")
    assert cache.ordered == ["a", "a"]
    assert cache.title("a") == "1"  # serves until the other is there
    cache.time.pass_until(cache.time.now + 1)
    assert cache.title("a") == "2"


def test_a_description_that_does_not_come_does_not_hold_up_longer_than_asked() -> None:
    cache = Cache()
    began = cache.time.now
    assert [cache.title("a", 0.1), cache.title("a", 0.2)] == [None, None]
    assert cache.time.now == began + 0.1 + 0.2
    assert cache.ordered == ["a"]  # once, although it was missed twice


def test_old_descriptions_are_read_again() -> None:
    cache = Cache(0.1)
    cache.title("a")
    cache.time.now += LONGEST_AGE + 1
    assert cache.title("a") == "1"
    assert cache.ordered == ["a", "a"]


def test_all_are_read_again_when_events_may_have_been_missed() -> None:
    cache = Cache(0.1)
    cache.get(["a", "b"], cache.time.now + 1)
    cache.changed_all()
    assert sorted(cache.ordered) == ["a", "a", "b", "b"]


def test_orders_that_were_lost_are_given_again_when_events_may_have_been_missed() -> None:
    cache = Cache()
    cache.title("a", 0.1)
    cache.changed_all()
    assert cache.ordered == ["a", "a"]


def test_what_has_no_description_is_not_asked_again_and_again() -> None:
    cache = Cache()
    cache.put("a", None)
    assert cache.title("a") is None
    assert cache.ordered == []


def test_descriptions_of_domains_that_are_gone_are_forgotten() -> None:
    cache = Cache()
    cache.put("a", Description())
    cache.get([], cache.time.now)
    assert cache.title("a") is None
