"""What all API resources have in common."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from exporter.web.query import Query
from exporter.web.server import Refusal, Request
from forecaster.api.registry import API, routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.api.resource import ApiResource
    from forecaster.view.view import View

NOW = 1_800_000_000


def ask(resource: ApiResource, view: View, query: str = "") -> Any:
    (route,) = [route for route in routes(lambda: view.fresh(NOW, 900)) if route.path == resource.path]
    answer = route.handler(Request(resource.path, Query.parse(query)))
    assert (answer.status, answer.content_type) == (200, "application/json")
    told = json.loads(answer.body)
    assert told["status"] == "success"
    return told["data"]


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_every_resource_answers_with_data(resource: ApiResource, view: Callable[..., View]) -> None:
    if any(parameter.required for parameter in resource.parameters):
        with pytest.raises(Refusal, match="missing"):
            ask(resource, view())
    else:
        assert ask(resource, view())


@pytest.mark.parametrize("resource", API, ids=lambda each: each.path)
def test_an_unknown_parameter_is_refused(resource: ApiResource, view: Callable[..., View]) -> None:
    with pytest.raises(Refusal) as refused:
        ask(resource, view(), "misspelt=1")
    assert refused.value.status == 400


def test_the_index_names_every_resource_and_its_parameters() -> None:
    (index,) = [route for route in routes(pytest.fail) if route.path == "/api/v1"]
    told = json.loads(index.handler(Request("/api/v1")).body)["data"]
    assert [each["path"] for each in told] == [each.path for each in API]
    assert {parameter["name"] for each in told for parameter in each["parameters"]} == {
        parameter.name for each in API for parameter in each.parameters
    }
    with pytest.raises(Refusal):
        index.handler(Request("/api/v1", Query.parse("misspelt=1")))


def test_paths_and_titles_are_unique_and_said() -> None:
    assert len({each.path for each in API}) == len({each.title for each in API}) == len(API)
    for each in API:
        assert each.path.startswith("/api/v1/")
        assert each.help.endswith(".")
        assert all(parameter.help for parameter in each.parameters)


def test_a_repeated_parameter_chooses_several(view: Callable[..., View]) -> None:
    anomalies = next(each for each in API if each.path == "/api/v1/anomalies")
    made = view()
    assert ask(anomalies, made, "resource=vm_cpu&resource=host_cpu")["anomalies"]
    assert ask(anomalies, made, "resource=host_cpu")["anomalies"] == []
    with pytest.raises(Refusal, match="host_cpu, vm_cpu"):
        ask(anomalies, made, "resource=vm_cup")


def test_an_answer_says_what_has_not_been_read_yet(view: Callable[..., View]) -> None:
    made = view()
    answers = {
        "waiting": made,
        "read": replace(made, resources=made.resources[:1]),
    }
    told = {}
    for name, known in answers.items():
        made_of = routes(lambda known=known: known.fresh(NOW, 900))  # type: ignore[misc]
        (route,) = [route for route in made_of if route.path == API[0].path]
        told[name] = json.loads(route.handler(Request(route.path)).body).get("warnings")
    assert told == {"waiting": ["not read yet: host_cpu"], "read": None}
