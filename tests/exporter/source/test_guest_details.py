"""Questions to guest agents: some are unknown, and they are asked seldom."""

from __future__ import annotations

from typing import Any

import libvirt
import pytest

from exporter.snapshot.guest_details import Details
from exporter.source import guest_details
from exporter.source.guest_details import GuestDetails


class Refused(libvirt.libvirtError):  # type: ignore[misc]  # libvirt's bindings are untyped
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


def test_an_agent_that_knows_some_of_the_questions_answers_those() -> None:
    found = guest_details.ask(FakeDomain(libvirt.VIR_ERR_OPERATION_UNSUPPORTED), clock=lambda: 998.0)
    assert found == Details(hostname="h", clock_offset=2.5)


def test_an_agent_that_goes_silent_is_not_asked_on() -> None:
    domain = FakeDomain(libvirt.VIR_ERR_AGENT_UNRESPONSIVE)
    with pytest.raises(libvirt.libvirtError):
        guest_details.ask(domain)
    assert domain.asked == 1


class Undecodable(FakeDomain):
    """A domain with a user whose name is not UTF-8."""

    def guestInfo(self, question: int, flags: int) -> dict[str, Any]:  # noqa: N802 (libvirt's name)
        if question == libvirt.VIR_DOMAIN_GUEST_INFO_USERS:
            b"\xff".decode()
        return super().guestInfo(question, flags)


def test_an_answer_that_cannot_be_decoded_costs_itself_only_and_is_told() -> None:
    told: list[bool] = []
    domain = Undecodable(libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
    assert guest_details.ask(domain, lambda: told.append(True), lambda: 998.0).hostname == "h"
    assert told == [True]


def test_what_changes_seldom_is_asked_seldom() -> None:
    now = [1000.0]
    details = GuestDetails(clock=lambda: now[0])
    domain = FakeDomain(libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
    rounds = []
    for passed in (0, 30, 59, 61):
        now[0] = 1000.0 + passed
        details.get("u", domain)
        rounds.append(domain.asked // len(guest_details.QUESTIONS))
    assert rounds == [1, 1, 1, 2]
    now[0] += 2 * guest_details.FORGOTTEN
    details.get("other", domain)
    assert set(details._answers) == {"other"}
