"""Alertmanager's webhook on a real server: who may post, what is refused, and what is then known."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import bcrypt
import pytest

import example_view
from exporter.web.gate import Gate
from exporter.web.server import serve
from forecaster.promql import secret_file
from forecaster.serve.notifications import Notifications
from forecaster.web import receiver
from forecaster.web.routes import Pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_800_000_000
TOKEN = "a-token-of-alertmanager"  # noqa: S105 (of this test)
EVIL = '<script>alert("x")</script>'


def notification(domain: str = "web", status: str = "firing", **changed: object) -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": "VmCrashed", "severity": "critical", "instance": "h1", "domain": domain},
        "annotations": {"summary": f"{domain} has crashed"},
        "startsAt": "2027-01-15T07:00:00Z",
        "endsAt": "2027-01-15T07:30:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
    }
    return {"version": "4", "receiver": "history", "groupKey": "{}", "alerts": [alert], **changed}


class Server:
    """The forecaster's routes and the receiver, with a password for readers if there is a configuration."""

    def __init__(self, folder: Path, web_config: Path | None = None) -> None:
        self.notifications, view = Notifications(folder), example_view.make()
        self.token_file = folder / "token"
        pages = Pages(lambda: view, 900, "/metrics", clock=lambda: NOW, received=self.notifications)
        mine = receiver.route(
            self.notifications, lambda: secret_file.token(self.token_file), clock=lambda: NOW - 60.0
        )
        self.stopping, listening, addresses = threading.Event(), threading.Event(), []

        def heard(found: list[str]) -> None:
            addresses.extend(found)
            listening.set()

        self._thread = threading.Thread(
            target=lambda: serve(
                [*pages.routes(), mine], ["127.0.0.1:0"], Gate(web_config), self.stopping, on_listening=heard
            )
        )
        self._thread.start()
        assert listening.wait(10)
        self.url = f"http://{addresses[0]}"

    def close(self) -> None:
        self.stopping.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def ask(
        self,
        path: str = "/api/v1/alerts",
        body: object = None,
        authorization: str = f"Bearer {TOKEN}",
        kind: str = "application/json",
    ) -> tuple[int, str]:
        """Status and text; posted if there is a body."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": authorization, "Content-Type": kind} if data else {}
        try:
            with urlopen(Request(f"{self.url}{path}", data, headers), timeout=10) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def alerts(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.ask(f"/api/v1/alerts{query}")[1])["data"]["alerts"]
        return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    running = Server(tmp_path)
    yield running
    running.close()


def test_what_is_posted_is_logged_and_shown(server: Server, tmp_path: Path) -> None:
    assert server.ask(body=notification()) == (200, '{"status":"success"}')
    assert server.ask(body=notification("db", "resolved"))[0] == 200
    first, second = server.alerts()
    assert (first["alert"], first["status"], first["labels"]["domain"]) == ("VmCrashed", "firing", "web")
    assert (first["starts_at"], first["ends_at"]) == (1_799_996_400, None)
    assert (first["first_at"], first["notifications"], first["receivers"]) == (NOW - 60, 1, ["history"])
    assert (second["status"], second["ends_at"]) == ("resolved", 1_799_998_200)
    logged = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert [json.loads(line)["labels"]["domain"] for line in logged] == ["web", "db"]
    assert Notifications(tmp_path).view.history == server.notifications.view.history


def test_alerts_are_chosen(server: Server) -> None:
    server.ask(body=notification())
    server.ask(body=notification("db", "resolved"))
    for query, domains in {
        "?status=firing": ["web"],
        "?status=resolved": ["db"],
        "?match[]={domain=%22db%22}": ["db"],
        "?limit=1&offset=1": ["db"],
        "?match[]={severity=%22info%22}": [],
    }.items():
        assert [each["labels"]["domain"] for each in server.alerts(query)] == domains, query
    assert server.ask("/api/v1/alerts?status=maybe")[0] == 400
    head, row, _ = server.ask("/api/v1/alerts?format=csv&status=firing")[1].split("\r\n")
    assert head.startswith("alert,status,labels.alertname,")
    assert row.startswith("VmCrashed,firing,VmCrashed,")


def test_the_page_shows_them_and_no_markup_of_theirs(server: Server) -> None:
    server.ask(body=notification(EVIL))
    page = server.ask("/")[1]
    assert EVIL not in page
    assert "VmCrashed" in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_without_the_token_nothing_is_taken(server: Server, authorization: str) -> None:
    status, _ = server.ask(body=notification(), authorization=authorization)
    assert (status, server.alerts()) == (401, [])


def test_the_token_may_be_changed(server: Server) -> None:
    server.token_file.write_text("another-token")
    assert server.ask(body=notification())[0] == 401
    assert server.ask(body=notification(), authorization="Bearer another-token")[0] == 200


def test_without_its_file_nobody_is_let_in_and_alertmanager_tries_again(server: Server) -> None:
    server.token_file.unlink()
    assert server.ask(body=notification())[0] == 500
    assert server.alerts() == []


def test_readers_have_a_password_and_alertmanager_has_its_token(tmp_path: Path) -> None:
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(f'basic_auth_users: {{reader: "{hashed}"}}\n')
    (tmp_path / "token").write_text(TOKEN)
    reader = "Basic cmVhZGVyOnNlY3JldA=="
    server = Server(tmp_path, tmp_path / "web.yml")
    try:
        assert server.ask(body=notification())[0] == 200
        assert server.ask(body=notification(), authorization=reader)[0] == 401
        assert server.ask()[0] == 401  # nobody reads without a password
        assert server.ask("/metrics", body=notification())[0] == 401  # and the token opens nothing else
    finally:
        server.close()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 200),  # a GET: nothing is posted
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"version":"4","alerts":[1]}', "application/json", 400),
        (b"[" * 100, "application/json", 413),
        (b"[" + b"1," * 300_000 + b"1]", "application/json", 413),
        (b'"\\ud800"', "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_is_no_notification_is_refused(server: Server, body: bytes, kind: str, status: int) -> None:
    assert server.ask(body=body or None, kind=kind)[0] == status
    assert server.alerts() == []


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    body = b'"' + b"x" * (receiver.BODY_BYTES + 1) + b'"'
    with suppress(OSError):  # the connection may be closed before the body is read
        assert server.ask(body=body)[0] == 413
    assert server.alerts() == []


def test_a_log_that_cannot_be_written_is_no_success(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(server.notifications._log, "append", full)
        assert server.ask(body=notification())[0] == 503
    assert server.alerts() == []
    assert server.ask(body=notification())[0] == 200
    assert server.notifications.view.results == {"logged": 1, "failed": 1}
