"""Domains that cannot be read: each costs itself only."""

from __future__ import annotations

from typing import Any

from exporter.source.calls import Skips, list_domains


class FakeDomain:
    """A domain whose name is bytes, as libvirt's binding decodes it."""

    def __init__(self, uuid: str, name: bytes) -> None:
        self._uuid, self._name = uuid, name

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return self._uuid

    def ID(self) -> int:  # noqa: N802 (libvirt's name)
        return 7

    def name(self) -> str:
        return self._name.decode()


class FakeConnection:
    """A connection that lists these domains."""

    def __init__(self, *domains: FakeDomain) -> None:
        self._domains = domains

    def listAllDomains(self, _flags: int) -> tuple[FakeDomain, ...]:  # noqa: N802 (libvirt's name)
        return self._domains

    def getAllDomainStats(self, _groups: int, _flags: int) -> list[tuple[FakeDomain, dict[str, Any]]]:  # noqa: N802
        return [(one, {"state.state": 1}) for one in self._domains]


def test_a_name_that_is_not_utf8_costs_its_domain_only() -> None:
    skips = Skips()
    listed = list_domains(FakeConnection(FakeDomain("a", b"\xff"), FakeDomain("b", b"good")), skips)
    assert [(one.uuid, one.name, one.number) for one in listed] == [("b", "good", 7)]
    assert skips.count == 1
