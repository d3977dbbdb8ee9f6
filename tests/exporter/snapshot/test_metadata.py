"""Metadata of domains: ours, malformed, and too long."""

from __future__ import annotations

import time

import pytest

from exporter.snapshot.description import Description
from exporter.snapshot.metadata import (
    LONGEST_METADATA,
    MOST_GROUPS,
    OVERSIZED,
    TRUNCATED,
    UNREADABLE,
    Metadata,
    Nova,
    Ownership,
)
from exporter.snapshot.parsed import DEEPEST
from exporter.snapshot.text import LONGEST

NOVA = "xmlns:nova='http://openstack.org/xmlns/libvirt/nova/{}'"


OWN = "xmlns:v='urn:virtcast:domain:1.0'"


def described(inner: str) -> Description:
    """The description of a domain with this in its XML."""
    found = Description.from_xml(f"<domain type='kvm'><title>t</title>{inner}</domain>")
    assert found is not None
    return found


def with_metadata(inner: str) -> Metadata:
    """The metadata read from this."""
    return described(f"<metadata>{inner}</metadata>").metadata


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_both_versions_of_novas_metadata(version: str) -> None:
    nova = with_metadata(
        f"<nova:instance {NOVA.format(version)}><nova:name>n</nova:name></nova:instance>"
    ).nova
    assert nova == Nova("n")


def test_metadata_set_by_virsh_has_no_namespace_inside() -> None:
    own = with_metadata(f"<v:domain {OWN}><owner>o</owner><cost-centre>c</cost-centre></v:domain>").ownership
    assert own == Ownership(owner="o", cost_centre="c")


def test_a_domain_may_be_in_several_groups() -> None:
    inner = (
        "<together>b</together><apart>x</apart><v:apart>a</v:apart><apart> a </apart><apart/><near>c</near>"
    )
    found = with_metadata(f"<v:domain {OWN}>{inner}</v:domain>")
    assert found.groups == (("apart", "a"), ("apart", "x"), ("together", "b"))
    many = "".join(f"<apart>g{at}</apart>" for at in range(MOST_GROUPS + 1))
    found = with_metadata(f"<v:domain {OWN}>{many}</v:domain>")
    assert (len(found.groups), found.problems) == (MOST_GROUPS, (TRUNCATED,))


def test_other_metadata_is_none_of_ours() -> None:
    assert with_metadata("<x:y xmlns:x='urn:x'><owner>o</owner></x:y><z/>") == Metadata()


def test_metadata_that_spoils_the_xml_is_left_out_and_the_rest_read() -> None:
    found = described("<metadata><unbound:a>x</unbound:a></metadata><vcpu cpuset='1'>1</vcpu>")
    assert (found.title, found.placement.cpuset) == ("t", "1")
    assert found.metadata == Metadata(problems=(UNREADABLE,))


def test_good_metadata_is_read_even_beside_bad() -> None:
    """What libvirt makes of <b:c/>, set within <a> without a declaration of b."""
    bad = "<x:a xmlns:x='urn:x'><x:b:c/></x:a>"
    found = with_metadata(
        f"{bad}<nova:instance {NOVA.format('1.0')}><nova:name>n</nova:name></nova:instance>"
        f"<v:domain {OWN}><v:owner>o</v:owner></v:domain>{bad}"
    )
    assert found == Metadata(Nova("n"), Ownership("o"), problems=(UNREADABLE,))
    assert with_metadata(f"<v:domain {OWN}><v:b:c/></v:domain>") == Metadata(problems=(UNREADABLE,))


def test_long_values_are_cut_and_said_to_be() -> None:
    found = with_metadata(f"<v:domain {OWN}><v:owner>{'é' * 4096}</v:owner></v:domain>")
    assert found.ownership is not None
    assert found.ownership.owner == "é" * (LONGEST - 1) + "…"
    assert found.problems == (TRUNCATED,)
    assert len(described("").title) == 1


def test_metadata_that_are_longer_than_anybody_needs_are_left_out_and_said_to_be() -> None:
    own = f"<v:domain {OWN}><v:owner>o</v:owner></v:domain>"
    found = described(f"<metadata>{own}<x:a xmlns:x='u'>{'y' * LONGEST_METADATA}</x:a></metadata>")
    assert (found.title, found.metadata) == ("t", Metadata(problems=(OVERSIZED,)))


def test_metadata_that_are_nested_too_deep_are_left_out_and_the_rest_read() -> None:
    own = f"<v:domain {OWN}><v:owner>o</v:owner></v:domain>"
    deep = f"<x:a xmlns:x='u'>{'<b>' * DEEPEST}{'</b>' * DEEPEST}</x:a>"
    found = described(f"<metadata>{deep}{own}</metadata>")
    assert (found.title, found.metadata) == ("t", Metadata(None, Ownership("o"), problems=(UNREADABLE,)))


UNREADABLE_XML = "<q:x>"  # a prefix that nobody declared
HOSTILE = {
    "elements of ours": f"<v:d {OWN}/>",
    "begun in a comment": "<v:d ",
    "begun, with a declaration": f"<v:d {OWN}>",
    "a long name": "v",
    "declarations": "xmlns:v='u' ",
    "quotes": " xmlns:v='",
    "closing tags": "</v:d>",
    "of other prefixes": "<a:b></a:b>",
    "nested": "<b>",
}


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("opening", ["<!--", "<v:d ", f"<v:d {OWN}>", ""])
def test_the_time_to_read_metadata_is_linear_in_their_length(opening: str, part: str) -> None:
    def seconds(length: int) -> float:
        text = (
            f"<domain><metadata>{UNREADABLE_XML}{opening}{part * (length // len(part))}</metadata></domain>"
        )
        began = time.thread_time()
        Description.from_xml(text)
        return time.thread_time() - began

    short, long = (
        min(seconds(length) for _ in range(3)) for length in (LONGEST_METADATA // 16, LONGEST_METADATA // 2)
    )
    assert long < 8 * 4 * max(short, 1e-4)  # quadratic: 64 times


def test_times_that_are_none_are_none() -> None:
    inner = "<nova:creationTime>yesterday</nova:creationTime>"
    nova = with_metadata(f"<nova:instance {NOVA.format('1.1')}>{inner}</nova:instance>").nova
    assert nova is not None
    assert nova.created is None


def test_nova_writes_utc_wherever_the_exporter_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = "<nova:creationTime>2026-01-02 03:04:05</nova:creationTime>"
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        nova = with_metadata(f"<nova:instance {NOVA.format('1.1')}>{inner}</nova:instance>").nova
    finally:
        monkeypatch.undo()
        time.tzset()
    assert nova is not None
    assert nova.created == 1_767_323_045
