"""What the server adds to a handler's answer."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from exporter.web.message import Request, Response
from exporter.web.rendering import entity_tag, names, render
from exporter.web.routing import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = b"a line\n" * 1000
TAG = entity_tag(TEXT)


def rendered(
    headers: Mapping[str, str] | None = None,
    *,
    etag: bool = True,
    method: str = "GET",
    answer: Response = Response(TEXT),  # noqa: B008 (frozen)
) -> Response:
    route = Route("/page", lambda _request: answer, etag=etag)
    return render(route, Request("/page", headers=headers or {}, method=method))


def test_without_etag() -> None:
    assert rendered(etag=False).headers == {"Vary": "Accept-Encoding"}


def test_with_etag_a_cache_asks_again() -> None:
    answer = rendered()
    assert (answer.status, answer.body) == (200, TEXT)
    assert answer.headers == {"Cache-Control": "no-cache", "Vary": "Accept-Encoding", "ETag": TAG}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("told", [TAG, TAG.removeprefix("W/"), f'"a", {TAG}', "*"])
def test_what_the_reader_has_is_304(told: str, method: str) -> None:
    answer = rendered({"If-None-Match": told, "Accept-Encoding": "gzip"}, method=method)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers == {"Cache-Control": "no-cache", "Vary": "Accept-Encoding", "ETag": TAG}


@pytest.mark.parametrize("told", ["", '"a"', "W/", TAG.replace('"', ""), f"{TAG}x", "a, *"])
def test_what_the_reader_has_not_is_sent(told: str) -> None:
    assert rendered({"If-None-Match": told}).status == 200


def test_another_body_has_another_tag() -> None:
    assert rendered({"If-None-Match": TAG}, answer=Response(TEXT + b"more")).status == 200


def test_errors_have_no_tag() -> None:
    answer = rendered({"If-None-Match": "*"}, answer=Response(TEXT, status=503))
    assert (answer.status, "ETag" in answer.headers) == (503, False)


def test_the_tag_is_that_of_the_compressed_body_too() -> None:
    answer = rendered({"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.body) == TEXT
    assert (answer.headers["Content-Encoding"], answer.headers["ETag"]) == ("gzip", TAG)


def test_what_the_handler_says_of_caches_counts() -> None:
    made = Response(TEXT, headers={"Vary": "Accept", "Cache-Control": "max-age=60"})
    answer = rendered(etag=False, answer=made)
    assert answer.headers == {"Vary": "Accept, Accept-Encoding", "Cache-Control": "max-age=60"}


def test_many_tags_are_compared_one_by_one() -> None:
    assert names(", ".join([f'"{number}"' for number in range(2000)]), '"1999"')
    assert not names('"' * 16_000, '"1"')
