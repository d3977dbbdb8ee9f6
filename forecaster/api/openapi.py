"""The OpenAPI description of the API, from the rows of its resources: forecaster/openapi.json.

`python -m forecaster.api.registry` writes it, and the API serves it.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from forecaster.api.resource import Parameter
from forecaster.api.schema import TEXT, many, one_of, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.api.resource import ApiResource
    from forecaster.api.schema import Schema

FORMATS = JSON, CSV = "json", "csv"
FORMAT = Parameter(
    "format",
    "json; or csv: the rows as a table, an object in them as columns such as labels.domain, without lists. A "
    "text that a spreadsheet would take for a formula has an apostrophe before it",
    schema={**one_of(*FORMATS), "default": JSON},
)
# What the server answers instead, on every path.
REFUSALS = (400, 401, 403, 405, 414, 429, 431, 500, 503)
ERROR = record({"status": one_of("error"), "errorType": TEXT, "error": TEXT})
ETAG = {"description": "A hash of the answer, for If-None-Match.", "schema": TEXT}
INFO = {
    "title": "virtcast forecaster",
    "version": "1",
    "description": "What is normal, what is not, and what runs out when. Answers have the form of "
    "Prometheus' HTTP API. Times are Unix seconds; null is what is not known. Unknown parameters are "
    "refused.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


def parameters(resource: ApiResource) -> tuple[Parameter, ...]:
    """All parameters of a resource."""
    return resource.parameters if resource.rows is None else (*resource.parameters, FORMAT)


def text(resources: Iterable[ApiResource]) -> str:
    """The description as JSON."""
    return json.dumps(description(resources), indent=1, ensure_ascii=False) + "\n"


def description(resources: Iterable[ApiResource]) -> dict[str, Any]:
    """The description of these resources."""
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "security": [{}, {"basic": []}],
        "paths": {each.path: {"get": _operation(each)} for each in resources},
        "components": {
            "schemas": {"Error": ERROR},
            "responses": {_name(status): _refusal(status) for status in REFUSALS},
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
    }


def _operation(resource: ApiResource) -> dict[str, Any]:
    return {
        "operationId": resource.path.rpartition("/")[2],
        "summary": resource.title,
        "description": resource.help,
        "parameters": [_parameter(each) for each in parameters(resource)],
        "responses": {
            "200": _answer(resource),
            "304": {"description": "Not Modified", "headers": {"ETag": ETAG}},
            **{str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in REFUSALS},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = many(parameter.schema) if parameter.many else parameter.schema
    if parameter.most:
        schema = {**schema, "maxItems": parameter.most}
    required = {"required": True} if parameter.required else {}
    described = {"name": parameter.name, "in": "query", "description": f"{parameter.help}."}
    return {**described, **required, "schema": schema}


def _answer(resource: ApiResource) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _success(resource.schema)}}
    if resource.rows is not None:
        content["text/csv"] = {"schema": TEXT}
    return {"description": "OK", "headers": {"ETag": ETAG}, "content": content}


def _success(data: Schema) -> Schema:
    """The success object; it has `warnings` where the answer is less than it seems."""
    answer = record({"status": one_of("success"), "data": data})
    return {**answer, "properties": {**answer["properties"], "warnings": many(TEXT)}}


def _refusal(status: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
