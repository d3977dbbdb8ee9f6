"""What a guest agent reports about the guest's system: OS, hostname, time zone, clock, users and addresses.

The guest may be hostile: text is cut, and lists are capped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.counted import indices
from exporter.snapshot.need import Need
from exporter.snapshot.text import bounded
from exporter.snapshot.units import MILLISECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Raw = Mapping[str, Any]

GUEST_DETAILS = Need("guest-details")

MOST_USERS, MOST_ADDRESSES = 16, 32  # listed per guest; all are counted


@dataclass(frozen=True, slots=True)
class User:
    """A user who has been logged in since Unix time `login`."""

    name: str
    domain: str
    login: float | None


@dataclass(frozen=True, slots=True)
class Address:
    """An address of one of the guest's network interfaces."""

    interface: str
    mac: str
    family: str
    address: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Details:
    """The details; empty or None where the agent does not report them.

    `clock_offset` is the guest's clock minus the host's, in seconds.
    """

    hostname: str = ""
    os_id: str = ""
    os_name: str = ""
    os_version: str = ""
    kernel_release: str = ""
    machine: str = ""
    timezone: str = ""
    timezone_offset: float | None = None
    clock_offset: float | None = None
    user_count: int | None = None
    users: tuple[User, ...] = ()
    address_count: int | None = None
    addresses: tuple[Address, ...] = ()

    @classmethod
    def read(cls, raw: Raw, clock_offset: float | None = None) -> Details:
        """From virDomainGetGuestInfo."""
        text = {name: bounded(str(raw.get(key, ""))) for name, key in _TEXTS.items()}
        users = _users(raw) if "user.count" in raw else None
        addresses = tuple(_addresses(raw)) if "if.count" in raw else None
        return cls(
            **text,
            timezone_offset=float(raw["timezone.offset"]) if "timezone.offset" in raw else None,
            clock_offset=clock_offset,
            user_count=None if users is None else int(raw["user.count"]),
            users=(users or ())[:MOST_USERS],
            address_count=None if addresses is None else len(addresses),
            addresses=(addresses or ())[:MOST_ADDRESSES],
        )


_TEXTS = {
    "hostname": "hostname",
    "os_id": "os.id",
    "os_name": "os.pretty-name",
    "os_version": "os.version-id",
    "kernel_release": "os.kernel-release",
    "machine": "os.machine",
    "timezone": "timezone.name",
}


def _users(raw: Raw) -> tuple[User, ...]:
    """Each user once, with the first login in the list."""
    found: dict[tuple[str, str], User] = {}
    for n in indices(raw, "user.count"):
        prefix = f"user.{n}."
        name, domain = (bounded(str(raw.get(prefix + key, ""))) for key in ("name", "domain"))
        login = raw.get(prefix + "login-time")
        user = User(name, domain, None if login is None else login / MILLISECONDS)
        found.setdefault((name, domain), user)
    return tuple(found.values())


def _addresses(raw: Raw) -> Iterator[Address]:
    for n in indices(raw, "if.count"):
        prefix = f"if.{n}."
        name, mac = (bounded(str(raw.get(prefix + key, ""))) for key in ("name", "hwaddr"))
        for m in indices(raw, prefix + "addr.count"):
            one = f"{prefix}addr.{m}."
            parts = (bounded(str(raw.get(one + key, ""))) for key in ("type", "addr", "prefix"))
            address = Address(name, mac, *parts)
            if not (address.address.startswith("127.") or address.address == "::1"):  # every guest has these
                yield address
