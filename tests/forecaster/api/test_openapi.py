"""The OpenAPI description, and that answers are as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

import fleets
from exporter.web.query import Query
from exporter.web.server import Request
from forecaster.api.openapi import REFUSALS, description, text
from forecaster.api.registry import API, OPENAPI, routes
from forecaster.view.inventory import Disk, Host, Inventory, Vm

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.api.resource import ApiResource
    from forecaster.view.view import View

NOW = 1_800_000_000
FILE = Path(__file__).resolve().parents[3] / "forecaster/openapi.json"


def documented(resource: ApiResource) -> dict[str, Any]:
    operation: dict[str, Any] = description(API)["paths"][resource.path]["get"]
    return operation


def test_the_file_is_what_the_rows_say() -> None:
    assert FILE.read_text() == text(API), "run make generate"


def test_the_description_is_served(view: Callable[..., View]) -> None:
    (route,) = [route for route in routes(lambda: view().fresh(NOW, 900)) if route.path == OPENAPI]
    assert json.loads(route.handler(Request(OPENAPI)).body) == description(API)


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_an_answer_is_as_described(resource: ApiResource, view: Callable[..., View]) -> None:
    made = view()
    inventory = Inventory(NOW, vms=(Vm("h1", "web", disks=(Disk("vda"),)),), hosts=(Host("h1", cpus=4.0),))
    object.__setattr__(made, "inventory", inventory)
    schema = documented(resource)["responses"]["200"]["content"]["application/json"]["schema"]
    (route,) = [route for route in routes(lambda: made.fresh(NOW, 900)) if route.path == resource.path]
    told = json.loads(route.handler(Request(resource.path)).body)
    assert told["data"]
    jsonschema_rs.validate(schema, told)
    told["data"] = "something else"
    assert not jsonschema_rs.is_valid(schema, told)


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_a_resource_that_has_rows_gives_csv(resource: ApiResource, view: Callable[..., View]) -> None:
    past = fleets.fleet(1)
    fresh = replace(
        view(), inventory=past.inventory, rollups=past.rollups, steps=past.steps, prices=fleets.PRICES
    ).fresh(NOW, 900)
    (route,) = [route for route in routes(lambda: fresh) if route.path == resource.path]
    content = documented(resource)["responses"]["200"]["content"]
    assert ("text/csv" in content) is (resource.rows is not None)
    if resource.rows is not None:
        answer = route.handler(Request(resource.path, Query.parse("format=csv")))
        assert answer.content_type == "text/csv; charset=utf-8"
        head, *rows = answer.body.decode().splitlines()
        assert rows
        assert head.split(",")[0] in {"resource", "name", "labels.domain", "labels.instance", "labels.owner"}


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_every_name_and_parameter_is_explained(resource: ApiResource) -> None:
    operation = documented(resource)
    assert {str(status) for status in REFUSALS} < operation["responses"].keys()
    assert all(each["description"].endswith(".") for each in operation["parameters"])
