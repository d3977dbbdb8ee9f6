"""Secrets from files, in every way an editor or a generator may have written them."""

from __future__ import annotations

import base64
import re
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from exporter.web.logs import Logfmt
from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result
from forecaster.promql.secret_file import password, token
from peer import Peer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

URL = "http://prometheus.test:9090"
EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}


@pytest.mark.parametrize(
    "content",
    [b"canary", b"canary\n", b" canary\r\n", b"\xef\xbb\xbfcanary\n", b"\ncanary\n\n"],
)
def test_space_around_a_secret_and_a_byte_order_mark_are_no_part_of_it(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert token(tmp_path / "secret") == "canary"


BROKEN = [
    (b"", "it is empty"),
    (b"canary\nsecond\n", "it has more than one line"),
    ("canary\u2028second".encode(), "it has more than one line"),
    ("canarü".encode("latin-1"), "it is not UTF-8"),
    ("canary".encode("utf-16"), "it is not UTF-8"),
    ("canary".encode("utf-16-le"), "it has control characters"),
    (b"canary\0", "it has control characters"),
    ("canary\ufeff".encode(), "it has control characters"),
    (b"canary" * 100_000, "it has more than 65536 bytes"),
]


@pytest.mark.parametrize(("content", "why"), BROKEN)
@pytest.mark.parametrize("read", [password, token])
def test_what_is_wrong_is_told_without_the_content(
    tmp_path: Path, read: Callable[[Path], str], content: bytes, why: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(PromqlError) as raised:
        read(file)
    assert raised.value.result is Result.UNAUTHORIZED
    assert str(raised.value) == f"cannot read the secret {file}: {why}"
    assert raised.value.__cause__ is None


def test_a_password_may_hold_any_letter_a_token_only_those_of_a_header(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("cänary")
    assert password(file) == "cänary"
    with pytest.raises(PromqlError, match="characters outside ASCII"):
        token(file)


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    (tmp_path / "token").write_text("canary-token")
    headers = (("X-Proxy-Secret", "canary-header"), ("X-Scope-OrgID", "team-a"))
    return Backend(url=URL, retries=0, credentials_file=tmp_path / "token", headers=headers)


@responses.activate
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 418, 429, 500, 503])
def test_a_backend_that_repeats_what_it_was_sent_tells_no_secret(backend: Backend, status: int) -> None:
    def echo(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return status, {}, f"you sent {dict(request.headers)}"

    responses.add_callback(responses.POST, f"{URL}/api/v1/query", echo)
    with pytest.raises(PromqlError) as raised:
        Client(backend).query("up", 0)
    assert "canary" not in str(raised.value)


@responses.activate
def test_a_password_does_not_come_back_either(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("canary-password")
    pair = base64.b64encode(b"ops:canary-password").decode()
    responses.post(f"{URL}/api/v1/query", status=401, body=f"wrong: {pair}, canary-password")
    with pytest.raises(PromqlError, match="wrong: <secret>, <secret>"):
        Client(Backend(url=URL, username="ops", password_file=tmp_path / "password")).query("up", 0)


@responses.activate
def test_a_redirect_is_told_without_user_info_and_query(backend: Backend) -> None:
    where = "https://me:canary@login.test/start?ticket=canary#canary"
    responses.post(f"{URL}/api/v1/query", status=302, headers={"Location": where})
    with pytest.raises(PromqlError, match=r"redirects to https://login\.test/start: ") as raised:
        Client(backend).query("up", 0)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 422 you sent canary-token\r\nContent-Length: 0\r\n\r\n",
        b"canary-token\r\n\r\n",
        b"HTTP/canary-token 200 OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 180 + b"canary-token" * 9000,
        b"HTTP/1.1 302 Found\r\nLocation: http://canary-token/canary-token\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_peer_that_repeats_the_token_in_its_head_tells_no_secret(backend: Backend, answer: bytes) -> None:
    peer = Peer(lambda connection: connection.sendall(answer))
    with closing(peer), pytest.raises(PromqlError) as raised:
        Client(replace(backend, url=peer.url)).query("up", 0)
    assert "canary" not in str(raised.value)
    assert b"canary-token" in peer.requests[0]


@responses.activate
@pytest.mark.parametrize(
    "error",
    [
        ValueError("Invalid header value b'Bearer canary'"),
        UnicodeEncodeError("latin-1", "Bearer canary", 0, 1, "ordinal not in range"),
        requests.exceptions.InvalidHeader("Invalid header: 'Bearer canary'"),
        RuntimeError("canary"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unexpected_exception_is_told_by_its_type(
    backend: Backend, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    responses.post(f"{URL}/api/v1/query", body=error)
    with pytest.raises(PromqlError) as raised:
        Client(backend).query("up", 0)
    assert raised.value.result is Result.INVALID
    told = [str(raised.value), *map(Logfmt().format, caplog.records)]
    assert not any("canary" in line for line in told)
    assert all(re.search(type(error).__name__, line) for line in told) or "header" in told[0]


def test_the_configuration_does_not_show_headers_as_a_value(backend: Backend) -> None:
    assert "canary" not in repr(backend)
