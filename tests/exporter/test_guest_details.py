"""What agents say of their guests: read, cut, capped; and an agent that knows only some of the questions."""

from __future__ import annotations

from typing import Any

import libvirt
import pytest

from exporter.snapshot.guest import MOST_FILESYSTEMS, filesystems
from exporter.snapshot.guest_details import MOST_ADDRESSES, MOST_USERS, Address, Details, User
from exporter.snapshot.metadata import LONGEST
from exporter.source import interview
from exporter.source.interview import Interview


def test_what_is_not_said_is_not_there() -> None:
    assert Details.read({}) == Details()
    assert Details.read({"user.count": 0, "if.count": 0}) == Details(user_count=0, address_count=0)


def test_login_times_are_seconds_and_each_user_stands_once() -> None:
    raw = {
        "user.count": 3,
        "user.0.name": "a", "user.0.login-time": 1500,
        "user.1.name": "a", "user.1.login-time": 2500,
        "user.2.name": "a", "user.2.domain": "D",
    }  # fmt: skip
    found = Details.read(raw)
    assert found.user_count == 3
    assert found.users == (User("a", "", 1.5), User("a", "D", None))


def test_a_hostile_guest_is_bounded() -> None:
    many = 10_000
    raw: dict[str, Any] = {"hostname": "h" * 4096, "user.count": many, "if.count": 1, "if.0.name": 'eth"0\n'}
    raw |= {f"user.{n}.name": str(n) for n in range(many)}
    raw |= {"if.0.addr.count": many} | {f"if.0.addr.{n}.addr": f"10.{n}" for n in range(many)}
    found = Details.read(raw)
    assert len(found.hostname) == LONGEST
    assert (found.user_count, len(found.users)) == (many, MOST_USERS)
    assert (found.address_count, len(found.addresses)) == (many, MOST_ADDRESSES)
    assert found.addresses[0] == Address('eth"0', "", "", "10.0", "")


def test_the_file_systems_of_a_hostile_guest_are_bounded() -> None:
    raw: dict[str, Any] = {"fs.count": 1000}
    for n in range(1000):
        raw |= {f"fs.{n}.mountpoint": f"/{n}" + "x" * 4096, f"fs.{n}.total-bytes": 2, f"fs.{n}.used-bytes": 1}
    found = filesystems(raw)
    assert len(found) == MOST_FILESYSTEMS
    assert {len(one.mountpoint) for one in found} == {LONGEST}


class Refused(libvirt.libvirtError):  # type: ignore[misc] (libvirt's bindings are untyped)
    """An error with a code."""

    def __init__(self, code: int) -> None:
        super().__init__("refused")
        self.code = code

    def get_error_code(self) -> int:
        return self.code


class FakeDomain:
    """A domain whose agent knows its hostname and the time, and is asked for more."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.asked = 0

    def guestInfo(self, question: int, _flags: int) -> dict[str, Any]:  # noqa: N802 (libvirt's name)
        self.asked += 1
        if question == libvirt.VIR_DOMAIN_GUEST_INFO_HOSTNAME:
            return {"hostname": "h"}
        raise Refused(self.code)

    def getTime(self) -> dict[str, int]:  # noqa: N802 (libvirt's name)
        return {"seconds": 1_000, "nseconds": 500_000_000}


def test_an_agent_that_knows_some_of_the_questions_answers_those(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interview.time, "time", lambda: 998.0)
    found = interview.ask(FakeDomain(libvirt.VIR_ERR_OPERATION_UNSUPPORTED))
    assert found == Details(hostname="h", clock_offset=2.5)


def test_an_agent_that_goes_silent_is_not_asked_on() -> None:
    domain = FakeDomain(libvirt.VIR_ERR_AGENT_UNRESPONSIVE)
    with pytest.raises(libvirt.libvirtError):
        interview.ask(domain)
    assert domain.asked == 1


def test_what_changes_seldom_is_asked_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, now = Interview(), [1000.0]
    monkeypatch.setattr(interview.time, "monotonic", lambda: now[0])
    domain = FakeDomain(libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
    rounds = []
    for passed in (0, 30, 59, 61):
        now[0] = 1000.0 + passed
        asked.details("u", domain)
        rounds.append(domain.asked // len(interview.QUESTIONS))
    assert rounds == [1, 1, 1, 2]
    now[0] += 2 * interview.FORGOTTEN
    asked.details("other", domain)
    assert set(asked._said) == {"other"}
