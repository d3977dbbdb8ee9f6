"""The OpenAPI description, and that answers are as it says."""

from __future__ import annotations

import json
import re
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
from forecaster.view.inventory import Disk, Interface
from forecaster.view.remembered import Adoption, IssueCourse, Remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.web.server import Response
    from forecaster.api.resource import ApiResource
    from forecaster.view.view import Fresh, View

NOW = 1_800_000_000
EXAMPLES = {
    "/api/v1/decomposition": "match[]=vm_cpu",
    "/api/v1/placement": "evacuate=host-000:9177",
    "/api/v1/network-mapping": "target=host-001:9177",
}
FILE = Path(__file__).resolve().parents[3] / "forecaster/openapi.json"


def documented(resource: ApiResource) -> dict[str, Any]:
    operation: dict[str, Any] = description(API)["paths"][resource.path]["get"]
    return operation


def test_the_file_is_what_the_rows_say() -> None:
    assert FILE.read_text() == text(API), "run make generate"


def test_the_description_is_served(view: Callable[..., View]) -> None:
    (route,) = [route for route in routes(lambda: view().fresh(NOW, 900)) if route.path == OPENAPI]
    assert json.loads(route.handler(Request(OPENAPI)).body) == description(API)


@pytest.fixture
def fresh(view: Callable[..., View]) -> Fresh:
    """A fleet whose first VM has an interface, and whose hosts have room."""
    past = fleets.fleet(1)
    first, *others = past.inventory.vms
    vm = replace(first, disks=(Disk("vda"),), interfaces=(Interface("vnet0", source_bridge="br0"),))
    hosts = tuple(
        replace(host, memory_bytes=3 * (host.memory_bytes or 0), devices=("br0",))
        for host in past.inventory.hosts
    )
    inventory = replace(past.inventory, vms=(vm, *others), hosts=hosts)
    of = (("domain", "web"), ("instance", "h1"))
    remembered = Remembered(
        {"a": IssueCourse("a", of, "anomaly", "unusual", NOW - 900, NOW - 300, NOW - 300)},
        adoptions=(Adoption(of, "cpu", 16, 4, 6, NOW - 900, NOW - 300),),
    )
    known: dict[str, Any] = {
        "rollups": fleets.paired(past.rollups),
        "steps": past.steps,
        "prices": fleets.PRICES,
    }
    known["remembered"] = remembered
    return replace(view(), inventory=inventory, **known).fresh(NOW, 900)


def asked(resource: ApiResource, fresh: Fresh, more: str = "") -> Response:
    """The answer to the resource's example request."""
    (route,) = [route for route in routes(lambda: fresh) if route.path == resource.path]
    return route.handler(Request(resource.path, Query.parse(f"{EXAMPLES.get(resource.path, '')}&{more}")))


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_an_answer_is_as_described(resource: ApiResource, fresh: Fresh) -> None:
    schema = documented(resource)["responses"]["200"]["content"]["application/json"]["schema"]
    told = json.loads(asked(resource, fresh).body)
    assert told["data"]
    jsonschema_rs.validate(schema, told)
    told["data"] = "something else"
    assert not jsonschema_rs.is_valid(schema, told)


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_a_resource_that_has_rows_gives_csv(resource: ApiResource, fresh: Fresh) -> None:
    content = documented(resource)["responses"]["200"]["content"]
    assert ("text/csv" in content) is (resource.rows is not None)
    if resource.rows is not None:
        answer = asked(resource, fresh, "format=csv")
        assert answer.content_type == "text/csv; charset=utf-8"
        head, *rows = answer.body.decode().splitlines()
        assert rows
        assert re.fullmatch(r"[\w.]+(,[\w.]+)+", head)


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_every_name_and_parameter_is_explained(resource: ApiResource) -> None:
    operation = documented(resource)
    assert {str(status) for status in REFUSALS} < operation["responses"].keys()
    assert all(each["description"].endswith(".") for each in operation["parameters"])
