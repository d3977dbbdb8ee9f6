"""Refusals in their two forms."""

from __future__ import annotations

import json

import pytest

from exporter.web.envelope import success
from exporter.web.refusal import Refusal


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "bad_data"),
        (401, "unauthorized"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "bad_data"),
        (422, "execution"),
        (429, "unavailable"),
        (500, "internal"),
        (503, "unavailable"),
    ],
)
def test_below_api_it_is_the_error_object_of_prometheus(status: int, kind: str) -> None:
    body, content_type = Refusal(status, 'a "line"').body("/api/v1/series")
    assert content_type == "application/json"
    assert json.loads(body) == {"status": "error", "errorType": kind, "error": 'a "line"'}


def test_elsewhere_it_is_one_line() -> None:
    assert Refusal(404).body("/metrics") == (b"404 Not Found\n", "text/plain; charset=utf-8")
    assert Refusal(400, "parameter: missing").body("/probe")[0] == b"parameter: missing\n"
    assert json.loads(Refusal(404).body("/api/")[0])["error"] == "Not Found"


def test_success() -> None:
    assert success([1, None]).body == b'{"status":"success","data":[1,null]}'
    assert success({}, ["one host is missing"]).body == (
        b'{"status":"success","data":{},"warnings":["one host is missing"]}'
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        success([float("nan")])
