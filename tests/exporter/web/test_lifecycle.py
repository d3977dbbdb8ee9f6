"""POST /-/reload: who may ask, and what is answered when the configuration cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exporter.web.lifecycle import reload_route
from exporter.web.message import WebError

if TYPE_CHECKING:
    from .conftest import Start


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_configuration_is_read_when_asked(start: Start, method: str) -> None:
    calls: list[str] = []
    server = start([reload_route(lambda: calls.append("read"), enabled=True)])
    assert server.get("/-/reload", method=method).status == 200
    assert calls == ["read"]


def test_a_link_reloads_nothing(start: Start) -> None:
    calls: list[str] = []
    server = start([reload_route(lambda: calls.append("read"), enabled=True)])
    assert (server.get("/-/reload").status, calls) == (405, [])


def test_without_the_flag_it_is_forbidden(start: Start) -> None:
    calls: list[str] = []
    server = start([reload_route(lambda: calls.append("read"), enabled=False)])
    reply = server.get("/-/reload", method="POST")
    assert (reply.status, calls) == (403, [])
    assert b"--web.enable-lifecycle" in reply.body


@pytest.mark.parametrize(
    "error", [WebError("a.yml:3: no"), ValueError("a.yml:3: no"), OSError("a.yml:3: no")]
)
def test_what_is_wrong_is_told_in_a_line(start: Start, error: Exception) -> None:
    def reload() -> None:
        raise error

    reply = start([reload_route(reload, enabled=True)]).get("/-/reload", method="POST")
    assert (reply.status, reply.body) == (500, b"the configuration stays as it was: a.yml:3: no\n")
