"""The table of routes: what matches, what is refused, and what stops the start."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.web.message import Request, Response, WebError
from exporter.web.refusal import Refusal
from exporter.web.routing import Route, Router


def page(_request: Request) -> Response:
    return Response(b"")


SERIES = Route("/api/v1/series/{resource}", page)
OF_VM = Route("/api/v1/hosts/{host}/vms/{vm}", page)
READ, CHANGE = Route("/api/v1/plan", page), Route("/api/v1/plan", page, methods=("POST", "DELETE"), body=10)
ROUTER = Router([Route("/", page), Route("/metrics", page), SERIES, OF_VM, READ, CHANGE])


def refused(method: str, path: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        ROUTER.find(method, path)
    return caught.value


@pytest.mark.parametrize(
    ("path", "route", "parameters"),
    [
        ("/api/v1/series/vm_cpu", SERIES, {"resource": "vm_cpu"}),
        ("/api/v1/series/a%20b%2Fc", SERIES, {"resource": "a b/c"}),
        ("/api/v1/series/%C3%A4", SERIES, {"resource": "ä"}),
        ("/api/v1/series/a+b", SERIES, {"resource": "a+b"}),
        ("/api/v1/series/..", SERIES, {"resource": ".."}),
        ("/api/v1/series/%25zz", SERIES, {"resource": "%zz"}),
        ("/api/v1/hosts/h1/vms/web", OF_VM, {"host": "h1", "vm": "web"}),
        ("/%61pi/v1/pl%61n", READ, {}),
    ],
)
def test_paths_that_match(path: str, route: Route, parameters: dict[str, str]) -> None:
    assert ROUTER.find("GET", path) == (route, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "metrics",
        "/none",
        "/metrics/",
        "//metrics",
        "/api/v1/series/",
        "/api/v1/series/a/",
        "/a" * 4000,
    ],
)
def test_paths_that_match_nothing(path: str) -> None:
    assert refused("GET", path).status == 404


@pytest.mark.parametrize(
    "text", ["%", "%4", "%zz", "%%41", "%ff", "%C3", "%ED%A0%80", "ä", "a%0", "%u0041", "%-1"]
)
def test_bad_encodings_are_400_and_not_repeated(text: str) -> None:
    refusal = refused("GET", f"/api/v1/series/{text}")
    assert refusal.status == 400
    assert refusal.message.startswith("path: ")
    assert text not in refusal.message


@given(st.text(), st.text())
def test_any_request_has_a_route_or_is_refused(method: str, path: str) -> None:
    for prefix in ("", "/", "/api/v1/series/"):
        with contextlib.suppress(Refusal):
            assert ROUTER.find(method, prefix + path).route in ROUTER.routes


def test_head_is_get() -> None:
    assert ROUTER.find("HEAD", "/metrics") == ROUTER.find("GET", "/metrics")


def test_methods_of_one_path_have_rows_of_their_own() -> None:
    assert ROUTER.find("GET", "/api/v1/plan").route is READ
    assert ROUTER.find("DELETE", "/api/v1/plan").route is CHANGE


@pytest.mark.parametrize(
    ("path", "allowed"), [("/metrics", "GET, HEAD"), ("/api/v1/plan", "DELETE, GET, HEAD, POST")]
)
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "get", "BREW"])
def test_other_methods_are_405_and_told_which(method: str, path: str, allowed: str) -> None:
    refusal = refused(method, path)
    assert (refusal.status, refusal.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a", "/a"),
        ("/a/{x}", "/a/b"),
        ("/a/{x}", "/a/{y}"),
        ("/{x}/b", "/a/{y}"),
        ("/{x}/{y}", "/a/b"),
    ],
)
def test_ambiguous_routes_stop_the_start(one: str, other: str) -> None:
    with pytest.raises(WebError, match=r"a path could match both|defined twice for the same method"):
        Router([Route(one, page), Route("/", page), Route(other, page)])


@pytest.mark.parametrize(
    ("one", "other"), [("/a", "/a/"), ("/a/{x}", "/a/"), ("/a/{x}", "/b/{x}"), ("/a/{x}/c", "/a/{y}/d")]
)
def test_routes_that_exclude_each_other(one: str, other: str) -> None:
    assert len(Router([Route(one, page), Route(other, page)]).routes) == 2


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("metrics", {}),
        ("", {}),
        ("/a b", {}),
        ("/a%20b", {}),
        ("/{}", {}),
        ("/{X}", {}),
        ("/a{x}", {}),
        ("/{x}/{x}", {}),
        ("/a", {"methods": ()}),
        ("/a", {"methods": ("OPTIONS",)}),
        ("/a", {"methods": ("get",)}),
        ("/a", {"body": 10}),
    ],
)
def test_rows_that_make_no_sense(path: str, given: dict[str, Any]) -> None:
    with pytest.raises(WebError, match="route "):
        Route(path, page, **given)
