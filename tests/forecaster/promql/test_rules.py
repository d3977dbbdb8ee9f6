"""Which rules a backend says that it evaluates."""

from __future__ import annotations

import json

import pytest
import requests

from forecaster.promql.rules import Rule, loaded
from forecaster.promql.transport import Answer


def answer(body: bytes, status: int = 200) -> Answer:
    response = requests.Response()
    response.status_code = status
    return Answer(response, body)


def test_prometheus_says_group_name_kind_and_error() -> None:
    rules = [
        {"name": "vm:cpu:ratio", "type": "recording", "health": "ok"},
        {"name": "VmCpu", "type": "alerting", "query": "x > 1", "lastError": "found\n duplicate series"},
    ]
    body = json.dumps({"status": "success", "data": {"groups": [{"name": "g", "rules": rules}]}}).encode()
    assert loaded(answer(body)) == (
        Rule("g", "vm:cpu:ratio", alerts=False, error=""),
        Rule("g", "VmCpu", alerts=True, error="found duplicate series", query="x > 1"),
    )


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"data": {"groups": [7]}}', b'{"data": {"groups": null}}', b"[" * 100_000]
)
def test_others_say_something_else(body: bytes) -> None:
    assert loaded(answer(body)) is None


def test_a_backend_without_this_page_says_nothing() -> None:
    assert loaded(answer(b'{"data": {"groups": []}}', 404)) is None
    assert loaded(answer(b'{"data": {"groups": []}}')) == ()
