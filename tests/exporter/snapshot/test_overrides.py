"""What metadata state about the monitoring of a domain: bounded, and nothing of it is believed unseen."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from exporter.snapshot.overrides import MOST_LIMITS, Overrides


def read(inner: str) -> Overrides:
    return Overrides.from_xml(ET.fromstring(f"<domain>{inner}</domain>"))  # noqa: S314 (the tests' own)


@pytest.mark.parametrize(
    ("text", "value"), [("normal", 1.0), ("low", 1 / 1.3), ("high", 1 / 0.85), ("0.5", 0.5), ("150%", 1.5)]
)
def test_a_sensitivity_is_a_word_or_a_number(text: str, value: float) -> None:
    assert read(f"<sensitivity>{text}</sensitivity>") == Overrides(sensitivity=value)


def test_limits_are_by_resource_and_the_first_counts() -> None:
    found = read(
        '<limit resource="vm_cpu">80%</limit><limit resource="shop_latency">0.25</limit>'
        '<limit resource="vm_cpu">10%</limit>'
    )
    assert found == Overrides(limits={"vm_cpu": 0.8, "shop_latency": 0.25})


def test_metadata_without_any_state_nothing() -> None:
    assert read("<owner>o</owner><maintenance-window/>") == Overrides()


@pytest.mark.parametrize(
    "inner",
    [
        "<sensitivity>highest</sensitivity>",
        "<sensitivity>0.49</sensitivity>",
        "<sensitivity>nan</sensitivity>",
        "<sensitivity>1e0</sensitivity>",
        "<sensitivity/>",
        '<limit resource="vm_cpu">-1</limit>',
        '<limit resource="vm_cpu">0</limit>',
        '<limit resource="vm_cpu">inf</limit>',
        '<limit resource="vm_cpu">9999999999999999999</limit>',
        '<limit resource="vm cpu">1</limit>',
        '<limit resource="">1</limit>',
        "<limit>1</limit>",
        f'<limit resource="{"r" * 65}">1</limit>',
        "<maintenance-window>tonight</maintenance-window>",
    ],
)
def test_what_is_invalid_is_left_out_and_said(inner: str) -> None:
    assert read(inner) == Overrides(invalid=True)
    assert read(f"<sensitivity>low</sensitivity>{inner}").sensitivity == 1 / 1.3, "the rest is read"


def test_there_are_not_more_limits_than_resources() -> None:
    found = read("".join(f'<limit resource="r{number}">1</limit>' for number in range(10_000)))
    assert (len(found.limits), found.invalid) == (MOST_LIMITS, True)
