"""How much history a backend says that it keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from forecaster.promql.retention import kept
from forecaster.promql.transport import Answer

DAY = 86_400


def answer(body: bytes, status: int = 200) -> Answer:
    response = requests.Response()
    response.status_code = status
    return Answer(response, body)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("15d", 15 * DAY), ("2w or 10GiB", 14 * DAY), ("1y", 365 * DAY), ("10GiB", None), ("", None), (7, None)],
)
def test_prometheus_says_it(told: Any, seconds: int | None) -> None:
    body = json.dumps({"status": "success", "data": {"storageRetention": told}}).encode()
    assert kept(answer(body)) == seconds


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"data": []}', b'{"data": {}}', b"[" * 100_000])
def test_others_say_something_else(body: bytes) -> None:
    assert kept(answer(body)) is None


def test_a_backend_without_this_page_says_nothing() -> None:
    body = json.dumps({"data": {"storageRetention": "15d"}}).encode()
    assert kept(answer(body, 404)) is None
