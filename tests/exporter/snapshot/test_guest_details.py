"""Details of guests: read, cut, capped."""

from __future__ import annotations

from typing import Any

from exporter.snapshot.guest_details import MOST_ADDRESSES, MOST_USERS, Address, Details, User
from exporter.snapshot.text import LONGEST


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
