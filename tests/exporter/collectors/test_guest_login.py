"""Logins in guests: their values are those of test_guest."""

from __future__ import annotations

from exporter.collectors.guest_login import COLLECTOR
from exporter.collectors.registry import COLLECTORS

VIRSH = """
nobody: needs somebody logged in to the guest
    libvirt_domain_guest_user_login_timestamp_seconds
"""
PERSONAL = ("user", "address", "mac_address")


def test_what_identifies_people_is_off_by_default_and_has_its_own_switch() -> None:
    assert (COLLECTOR.name, COLLECTOR.enabled) == ("guest-login", False)


def test_no_collector_that_is_on_publishes_names_or_addresses_from_within_guests() -> None:
    shown = {
        (one.name, label)
        for one in COLLECTORS
        if one.enabled and one.name.startswith("guest")
        for metric in one.metrics
        for label in metric.labels
    }
    assert shown
    assert not {label for _, label in shown} & set(PERSONAL)
