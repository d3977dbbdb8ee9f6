"""The mapping of networks as JSON: of VMs and hosts that there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import example_view
from exporter.web.query import Query
from exporter.web.refusal import Refusal
from forecaster.api.network_mapping import read
from planted_networks import planted

NOW = example_view.NOW


def ask(query: str) -> dict[str, Any]:
    return read(replace(example_view.make(), inventory=planted()).fresh(NOW, 900), Query.parse(query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("target=h2", 60),
        ("target=h2&source=h1", 60),
        ("target=h2&source=h2", 0),
        ("target=h2&domain=vm01&domain=vm02", 2),
        ("target=h2&domain=stranger", 0),  # it is there
        ("target=h2&source=h1&domain=vm01", 1),
    ],
)
def test_the_vms_that_are_asked_for_are_mapped(query: str, found: int) -> None:
    assert ask(query)["total"] == found


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("target=typo", "target"),
        ("target=h2&source=typo", "source"),
        ("target=h2&domain=typo", "domain"),
        ("target=h2&domain=vm01&domain=typo", "domain"),
    ],
)
def test_what_the_inventory_does_not_have_is_refused(query: str, parameter: str) -> None:
    with pytest.raises(Refusal, match=f'parameter "{parameter}": expected') as caught:
        ask(query)
    assert caught.value.status == 400
