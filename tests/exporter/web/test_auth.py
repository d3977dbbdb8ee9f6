"""Basic authentication: right, wrong, unknown, many at once."""

from __future__ import annotations

import base64
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

import bcrypt
import pytest

from exporter.web.auth import BearerToken
from exporter.web.limits import Limits
from exporter.web.server import Response, Route
from exporter.web.turns import Turns

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .conftest import Running, Start

    Secured = Callable[[Mapping[str, str]], Running]

LONG = "0123456789" * 10


def hashed(password: str, cost: int = 4) -> str:
    """As htpasswd writes it: bcrypt reads 72 bytes, and the prefix is 2y."""
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode().replace("$2b$", "$2y$")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def secured(start: Start, tmp_path: Path) -> Secured:
    """A server with these users and hashes."""

    def running(users: Mapping[str, str]) -> Running:
        path = tmp_path / "web.yml"
        path.write_text(
            "basic_auth_users:\n" + "".join(f'  "{user}": {text}\n' for user, text in users.items())
        )
        return start(web_config=path)

    return running


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The hashes that passwords were checked against."""
    made: list[bytes] = []
    check = bcrypt.checkpw

    def counted(password: bytes, against: bytes) -> bool:
        made.append(against)
        return check(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return made


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("alice", "open sesame"), 200),
        (basic("bob", "with:colon"), 200),
        (basic("ünï", "cödé"), 200),
        (basic("long", LONG), 200),
        ({"Authorization": basic("alice", "open sesame")["Authorization"].replace("Basic", "bAsIc")}, 200),
        ({}, 401),
        (basic("alice", ""), 401),
        (basic("alice", "open sesame "), 401),
        (basic("alice", "x" * 1000), 401),
        (basic("alice", "nul\0"), 401),
        (basic("bob", "open sesame"), 401),
        (basic("mallory", "open sesame"), 401),
        (basic("", ""), 401),
        ({"Authorization": "Basic"}, 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": "Basic " + base64.b64encode(b"alice").decode()}, 401),
        ({"Authorization": "Bearer alice:open sesame"}, 401),
    ],
)
def test_credentials(secured: Secured, headers: dict[str, str], status: int) -> None:
    users = {"alice": "open sesame", "bob": "with:colon", "ünï": "cödé", "long": LONG}
    reply = secured({user: hashed(password) for user, password in users.items()}).get(headers=headers)
    assert reply.status == status
    assert (reply.headers["WWW-Authenticate"] or "").startswith("Basic") is (status == 401)
    assert (b"some_metric" in reply.body) is (status == 200)


def test_every_path_asks(secured: Secured) -> None:
    server = secured({"alice": hashed("a")})
    assert [server.get(path).status for path in ("/metrics", "/none", "/-/healthy")] == [401, 401, 401]


def test_right_credentials_are_hashed_once_and_wrong_ones_each_time(
    secured: Secured, checks: list[bytes]
) -> None:
    server = secured({"alice": hashed("a")})
    assert [server.get(headers=basic("alice", "a")).status for _ in range(5)] == [200] * 5
    assert len(checks) == 1
    assert [server.get(headers=basic("alice", "b")).status for _ in range(3)] == [401] * 3
    assert len(checks) == 4


def test_unknown_user_costs_what_the_costliest_known_one_does(secured: Secured, checks: list[bytes]) -> None:
    cheap, dear = hashed("a", 4), hashed("b", 5)
    server = secured({"alice": cheap, "bob": dear})
    assert server.get(headers=basic("mallory", "b")).status == 401, "a right password, but nobody's"
    assert checks == [dear.encode()]


def test_wrong_credentials_wait_in_line_and_hold_up_nobody_else(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = secured({"alice": hashed("a")})
    assert server.get(headers=basic("alice", "a")).status == 200
    at_once, most, lock, free, check = 0, 0, threading.Lock(), threading.Event(), bcrypt.checkpw

    def slow(password: bytes, against: bytes) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        assert free.wait(60)
        with lock:
            at_once -= 1
        return check(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    with ThreadPoolExecutor(60) as clients:
        wrong = [clients.submit(server.get, headers=basic("alice", f"wrong {n}")) for n in range(60)]
        assert next(as_completed(wrong, timeout=60)).result().status == 503, "no more may wait"
        assert server.get(headers=basic("alice", "a")).status == 200, "known, so it need not wait"
        free.set()
        statuses = [each.result(60).status for each in wrong]
    assert set(statuses) == {401, 503}
    assert statuses.count(503) >= 20
    assert most == 1


def test_a_client_that_guesses_does_not_shut_out_another_that_was_never_let_in(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, free, check = secured({"alice": hashed("a")}), threading.Event(), bcrypt.checkpw
    waits, take = threading.Event(), Turns.take

    async def told(turns: Turns, client: str) -> None:
        if client == "127.0.0.2":
            waits.set()
        await take(turns, client)

    def slow(password: bytes, against: bytes) -> bool:
        free.wait(10)
        return check(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    monkeypatch.setattr(Turns, "take", told)
    with ThreadPoolExecutor(61) as clients:
        wrong = [clients.submit(server.get, headers=basic("alice", f"wrong {n}")) for n in range(60)]
        assert next(as_completed(wrong, timeout=10)).result().status == 503, "no more may wait"
        right = clients.submit(server.get, headers=basic("alice", "a"), source="127.0.0.2")
        assert waits.wait(60)
        free.set()
        assert right.result(10).status == 200


def test_after_a_reload_a_known_password_does_not_wait(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While strangers from two addresses fill the line."""
    web, free, check = tmp_path / "web.yml", threading.Event(), bcrypt.checkpw
    web.write_text(f"basic_auth_users:\n  alice: {hashed('a')}\n  bob: {hashed('b')}\n")
    server = start(web_config=web, limits=Limits(reload_seconds=0.02))
    assert [server.get(headers=basic(*each)).status for each in (("alice", "a"), ("bob", "b"))] == [200, 200]

    def slow(password: bytes, against: bytes) -> bool:
        assert free.wait(60)
        return check(password, against)

    text = web.read_text().replace(hashed_of(web, "bob"), hashed("new"))
    web.write_text(f"http_server_config:\n  headers:\n    X-Frame-Options: deny\n{text}")
    assert until(lambda: server.get().headers["X-Frame-Options"] == "deny")
    monkeypatch.setattr(bcrypt, "checkpw", slow)
    with ThreadPoolExecutor(60) as clients:
        wrong = [
            clients.submit(server.get, headers=basic("alice", f"no {n}"), source=f"127.0.0.{2 + n % 2}")
            for n in range(60)
        ]
        assert next(as_completed(wrong, timeout=60)).result().status == 503, "no more may wait"
        assert [server.get(headers=basic("alice", "a")).status for _ in range(10)] == [200] * 10
        free.set()
    assert server.get(headers=basic("bob", "b")).status == 401, "this password was changed"
    assert server.get(headers=basic("bob", "new")).status == 200


def hashed_of(web: Path, user: str) -> str:
    return next(line.split(": ")[1] for line in web.read_text().splitlines() if f"  {user}: " in line)


def test_a_new_client_goes_before_those_that_guess_from_many_addresses(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, free, check = secured({"alice": hashed("a")}), threading.Event(), bcrypt.checkpw
    guessers = [f"127.0.1.{n}" for n in range(1, 21)]
    for source in guessers:
        assert server.get(headers=basic("alice", "wrong"), source=source).status == 401
    order: list[bytes] = []
    waits, take = threading.Event(), Turns.take

    def slow(password: bytes, against: bytes) -> bool:
        assert free.wait(60)
        order.append(password)
        return check(password, against)

    async def told(turns: Turns, client: str) -> None:
        if client == "127.0.0.9":
            waits.set()
        await take(turns, client)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    monkeypatch.setattr(Turns, "take", told)
    with ThreadPoolExecutor(161) as clients:
        wrong = [
            clients.submit(server.get, headers=basic("alice", f"no {n}"), source=guessers[n % 20])
            for n in range(160)
        ]
        assert next(as_completed(wrong, timeout=60)).result().status == 503, "no more may wait"
        right = clients.submit(server.get, headers=basic("alice", "a"), source="127.0.0.9")
        assert waits.wait(60)
        free.set()
        assert right.result(60).status == 200
    assert order.index(b"a") <= 2, "after who was on at that time"


def test_a_client_whose_password_is_checked_is_not_displaced_by_connections(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, free, check = threading.Event(), threading.Event(), bcrypt.checkpw

    def slow(password: bytes, against: bytes) -> bool:
        begun.set()
        assert free.wait(10)
        return check(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    (tmp_path / "web.yml").write_text(f"basic_auth_users:\n  alice: {hashed('a')}\n")
    server = start(web_config=tmp_path / "web.yml", limits=Limits(connections=5))
    with ThreadPoolExecutor(1) as client, contextlib.ExitStack() as stack:
        reply = client.submit(server.get, headers=basic("alice", "a"))
        assert begun.wait(10)
        idle = [stack.enter_context(server.connect()) for _ in range(10)]
        assert idle[0].recv(10) == b""
        free.set()
        assert reply.result(10).status == 200


def test_wrong_credentials_are_logged_but_not_all_of_them(
    secured: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    server = secured({"alice": hashed("a")})
    for _ in range(30):
        server.get(headers=basic("alice", "b"))
    lines = [record for record in caplog.records if getattr(record, "status", None) == 401]
    assert len(lines) == 20
    assert vars(lines[0])["client"] == "127.0.0.1"
    assert "b" not in vars(lines[0])


def test_a_route_with_a_token_takes_that_and_no_user(start: Start, tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(f'basic_auth_users: {{ann: "{hashed("secret")}"}}\n')
    token = ["first"]
    routes = [
        Route("/metrics", lambda _: Response(b"page")),
        Route("/hook", lambda _: Response(b"taken"), methods=("POST",), token=BearerToken(lambda: token[0])),
    ]
    server = start(routes, web_config=tmp_path / "web.yml")

    def post(authorization: str) -> int:
        return server.get("/hook", {"Authorization": authorization}, method="POST").status

    assert [post(each) for each in ("Bearer first", "bearer first", "Bearer second", "Bearer", "")] == [
        200,
        200,
        401,
        401,
        401,
    ]
    assert post(basic("ann", "secret")["Authorization"]) == 401
    refused = server.get("/hook", method="POST")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="alerts"'
    assert server.get("/metrics", {"Authorization": "Bearer first"}).status == 401
    assert server.get("/hook", basic("ann", "secret")).status == 405  # another method is a user's
    token[0] = "second"
    assert post("Bearer second") == 200
