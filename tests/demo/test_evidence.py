"""What the demo reads of the forecaster's page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from demo.evidence import Evidence
from demo.guests import FILLING
from forecaster.config.model import Backend
from forecaster.promql.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://forecaster.test"
ISSUE = {"labels": {"instance": "host-a", "domain": FILLING}, "text": "full soon", "action": "delete files"}


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, object], Evidence]:
    """Evidence of a forecaster whose pages are this JSON, with a status."""

    def evidence(status: int, page: object) -> Evidence:
        def get(url: str, timeout: float) -> requests.Response:
            assert url.startswith(f"{URL}/")
            assert timeout < 10
            response = requests.Response()
            response.status_code, response._content = status, json.dumps(page).encode()
            return response

        monkeypatch.setattr(requests, "get", get)
        return Evidence(Client(Backend()), Path("none"), 0.0, URL)

    return evidence


def test_an_issue_is_told_with_whose_it_is_and_what_to_do(
    answering: Callable[[int, object], Evidence],
) -> None:
    told = answering(200, {"status": "success", "data": {"issues": [ISSUE]}}).issues()
    assert told == [f"host-a {FILLING}: full soon. Next: delete files"]


def test_a_forecaster_that_refuses_has_no_issues(answering: Callable[[int, object], Evidence]) -> None:
    assert (
        answering(503, {"status": "error", "errorType": "unavailable", "error": "try later"}).issues() == []
    )
