"""The PromQL client against every way an answer can go wrong."""

from __future__ import annotations

import json
import logging
import math
import socket
from collections import Counter
from http.client import RemoteDisconnected
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import numpy as np
import pytest
import requests
import responses
from urllib3.exceptions import ProtocolError

from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

URL = "http://prometheus.test:9090"
QUERY, RANGE = f"{URL}/api/v1/query", f"{URL}/api/v1/query_range"
UP = {"metric": {"__name__": "up", "job": "libvirt"}, "value": [1000, "0.5"]}


def success(result: list[Any], kind: str = "vector", **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}, **more}


def error(text: str, kind: str = "bad_data") -> dict[str, str]:
    return {"status": "error", "errorType": kind, "error": text}


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[Client]:
    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    made = Client(Backend(url=URL, timeout=7), wait)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("url", "more", "asked"),
    [
        ("http://localhost:9090", {}, "identity"),
        ("http://127.0.0.1:9090", {}, "identity"),
        ("http://[::1]:9090", {}, "identity"),
        (URL, {}, "gzip"),
        ("http://localhost:9090", {"proxy_url": "http://proxy:3128"}, "gzip"),
        ("http://localhost:9090", {"headers": (("Accept-Encoding", "gzip"),)}, "gzip"),
    ],
)
@responses.activate
def test_answers_are_compressed_unless_the_backend_is_on_this_machine(
    url: str, more: dict[str, Any], asked: str
) -> None:
    responses.post(f"{url}/api/v1/query", json=success([UP]))
    client = Client(Backend(url=url, **more))
    client.query("up", 1000)
    client.close()
    assert asked in responses.calls[0].request.headers["Accept-Encoding"]


@responses.activate
def test_instant_vector(client: Client) -> None:
    responses.post(QUERY, json=success([UP]))
    (track,) = client.query("up", 1000)
    assert track.labels == (("job", "libvirt"),)
    assert track.times.tolist() == [1000]
    assert track.values.tolist() == [0.5]
    assert responses.calls[0].request.body == "query=up&time=1000&timeout=7s"
    assert client.statistics.requests[Result.SUCCESS] == 1
    assert client.statistics.durations.read().buckets[-1][1] == 1


@responses.activate
def test_configured_parameters_go_with_every_query() -> None:
    client = Client(Backend(url=URL, params=(("dedup", ("true",)), ("replicaLabels[]", ("a", "b")))))
    responses.post(QUERY, json=success([UP]))
    responses.post(RANGE, json=success([], "matrix"))
    client.query("up", 1000)
    client.query_range("up", 0, 300, 300)
    for call in responses.calls:
        fields = parse_qs(str(call.request.body))
        assert (fields["dedup"], fields["replicaLabels[]"]) == (["true"], ["a", "b"])
        assert fields["query"] == ["up"]
    client.close()


@responses.activate
def test_the_first_way_that_is_understood_is_taken(client: Client) -> None:
    responses.post(QUERY, status=400, json=error("parse error: unexpected string"))
    responses.post(QUERY, json=success([]))
    assert client.accepted(['x{"a.b"="c"}', r'x{a\.b="c"}', "x"], 0) == r'x{a\.b="c"}'
    assert client.accepted(["x"], 0) == "x"
    assert len(responses.calls) == 2
    responses.post(QUERY, status=401)
    with pytest.raises(PromqlError, match="401"):
        client.accepted(["x", "y"], 0)


@responses.activate
@pytest.mark.parametrize("name", ["", "\ud800"])
def test_a_label_that_is_no_text_costs_its_series(client: Client, name: str) -> None:
    responses.post(QUERY, json=success([{"metric": {name: "x"}, "value": [0, "1"]}, UP]))
    assert len(client.query("up", 0)) == client.left_out == 1


@responses.activate
def test_bytes_that_are_no_text_cost_their_characters(client: Client) -> None:
    body = json.dumps(success([{"metric": {"domain": "XX"}, "value": [0, "1"]}, UP])).encode()
    responses.post(QUERY, body=body.replace(b"XX", b"lat\xe9in"))
    assert [track.labels for track in client.query("up", 0)] == [
        (("domain", "lat\ufffdin"),),
        (("job", "libvirt"),),
    ]


@responses.activate
def test_special_values(client: Client) -> None:
    values = [[0, "NaN"], [300, "+Inf"], [600, "-Inf"], [900, "1e-3"]]
    responses.post(RANGE, json=success([{"metric": {}, "values": values}], "matrix"))
    (track,) = client.query_range("x", 0, 900, 300)
    np.testing.assert_equal(track.values, [np.nan, np.inf, -np.inf, 0.001])


@responses.activate
def test_windows_stay_below_the_backends_limit(client: Client) -> None:
    responses.post(RANGE, json=success([], "matrix"))
    windows = [(first, last) for first, last, _ in client.windows("x", 0, 25_000 * 300, 300)]
    assert windows[0] == (0, 10_999 * 300)
    assert windows[-1][1] == 25_000 * 300
    assert all(later[0] == earlier[1] + 300 for earlier, later in pairwise(windows))
    assert len(responses.calls) == 3


@responses.activate
def test_too_large_windows_are_halved(client: Client) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        fields = dict(pair.split("=") for pair in str(request.body).split("&"))
        if (int(fields["end"]) - int(fields["start"])) // 300 + 1 > 30:
            return 422, {}, json.dumps(error("query processing would load too many samples into memory"))
        return 200, {}, json.dumps(success([], "matrix"))

    responses.add_callback(responses.POST, RANGE, answer)
    windows = [(first, last) for first, last, _ in client.windows("x", 0, 99 * 300, 300)]
    assert windows == [(0, 24 * 300), (25 * 300, 49 * 300), (50 * 300, 74 * 300), (75 * 300, 99 * 300)]


@responses.activate
def test_a_single_step_that_is_too_large_fails(client: Client) -> None:
    responses.post(RANGE, status=413, body="no")
    with pytest.raises(PromqlError, match="413"):
        list(client.windows("x", 0, 600, 300))


@responses.activate
@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_passing_failures_are_tried_again(client: Client, waits: list[float], status: int) -> None:
    responses.post(QUERY, status=status, body="busy")
    responses.post(QUERY, status=status, body="busy")
    responses.post(QUERY, json=success([UP]))
    assert len(client.query("up", 0)) == 1
    assert 0.25 <= waits[0] <= 0.75
    assert 0.5 <= waits[1] <= 1.5
    assert client.statistics.retries == 2


@responses.activate
def test_tries_are_bounded(client: Client, waits: list[float]) -> None:
    responses.post(QUERY, status=502, body="busy")
    with pytest.raises(PromqlError, match=r"answered 502: busy$"):
        client.query("up", 0)
    assert len(responses.calls) == 4
    assert len(waits) == 3


@responses.activate
def test_retry_after_is_respected_within_reason(client: Client, waits: list[float]) -> None:
    responses.post(QUERY, status=429, headers={"Retry-After": "9"})
    responses.post(QUERY, status=429, headers={"Retry-After": "86400"})
    responses.post(QUERY, json=success([]))
    client.query("up", 0)
    assert waits == [9, 30]


@responses.activate
def test_stopping_ends_the_tries() -> None:
    responses.post(QUERY, status=503)
    stopping = Client(Backend(url=URL), lambda _: True)
    with pytest.raises(PromqlError):
        stopping.query("up", 0)
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "result", "message"),
    [
        (
            400,
            json.dumps(error("1:4: parse error: unexpected ')'")),
            Result.BAD_QUERY,
            "parse error: unexpected",
        ),
        (401, "no such token", Result.UNAUTHORIZED, r"refuses the credentials \(401\): .*: no such token$"),
        (403, "tenant is unknown", Result.UNAUTHORIZED, "forbids the query.*: tenant is unknown$"),
        (404, "404 page not found", Result.NOT_FOUND, r"does not exist \(404\): check the path"),
        (405, "", Result.NOT_FOUND, "takes no POST"),
        (
            422,
            json.dumps(error("many-to-many matching", "execution")),
            Result.BAD_QUERY,
            "cannot run the query",
        ),
        (418, "tea", Result.INVALID, "answered 418: check prometheus.url; it says: tea$"),
        (204, "", Result.INVALID, "answered 204: check prometheus.url; it says: No Content$"),
        (200, "<html>Grafana</html>", Result.INVALID, "is no Prometheus API: its answer begins '<html>"),
        (200, '{"status":"success"}', Result.INVALID, "is no Prometheus API"),
        (200, json.dumps(error("parse error")), Result.BAD_QUERY, "does not accept the query: parse error$"),
        (200, "[1]", Result.INVALID, "is no Prometheus API"),
        (200, json.dumps(success([0, "1"], "scalar")), Result.BAD_QUERY, "gives a scalar, not series"),
        (200, json.dumps(success([]) | {"data": [1]}), Result.INVALID, "is no Prometheus API"),
        (200, json.dumps(success([]) | {"data": {"result": {}}}), Result.INVALID, "is no Prometheus API"),
        (200, "[" * 100_000, Result.INVALID, "is no Prometheus API"),
    ],
)
def test_lasting_failures_are_told_in_one_line_and_not_tried_again(
    client: Client, status: int, body: str, result: Result, message: str
) -> None:
    responses.post(QUERY, status=status, body=body)
    with pytest.raises(PromqlError, match=message) as raised:
        client.query("sum(", 0)
    assert raised.value.result is result
    assert "\n" not in str(raised.value)
    assert len(responses.calls) == 1
    expected = Result.SUCCESS if "gives a scalar" in message else result
    assert client.statistics.requests[expected] == 1


@responses.activate
@pytest.mark.parametrize(
    ("kind", "message"), [("timeout", r"or is starting \(503\): 2m$"), ("new", "answered 500: 2m$")]
)
def test_an_error_whose_status_became_200_is_tried_again(client: Client, kind: str, message: str) -> None:
    responses.post(QUERY, body=json.dumps(error("2m", kind)))
    with pytest.raises(PromqlError, match=message):
        client.query("up", 0)
    assert client.statistics.retries > 0


@responses.activate
def test_a_redirect_is_not_followed(client: Client) -> None:
    responses.post(QUERY, status=302, headers={"Location": "https://elsewhere.test/login"})
    with pytest.raises(PromqlError, match=r"redirects to https://elsewhere\.test/login"):
        client.query("up", 0)


@responses.activate
def test_the_size_of_answers_is_bounded() -> None:
    responses.post(QUERY, body=b" " * 2_000_000)
    small = Client(Backend(url=URL, max_response_bytes=1_000_000))
    with pytest.raises(PromqlError, match="max_response_bytes") as raised:
        small.query("up", 0)
    assert raised.value.result is Result.TOO_LARGE


@responses.activate
@pytest.mark.parametrize("value", ["[],", "{},", "0,", '"":0,', "[[]],"])
def test_the_memory_of_answers_is_bounded_not_only_their_text(value: str) -> None:
    responses.post(QUERY, body=value * (200_000 // len(value)))
    small = Client(Backend(url=URL, max_response_bytes=1_000_000))
    with pytest.raises(PromqlError, match="max_response_bytes") as raised:
        small.query("up", 0)
    assert raised.value.result is Result.TOO_LARGE, "a smaller window may be answered"


HISTOGRAM = {"count": "10", "sum": "5", "buckets": [[0, "0.5", "1", "10"]]}


@responses.activate
@pytest.mark.parametrize(
    "odd",
    [
        {"metric": {"domain": "nh"}, "histogram": [0, HISTOGRAM]},
        {"metric": {}, "value": [0, "x"]},
        {"metric": {}, "value": [0, 1]},
        {"metric": {}, "value": None},
        {"metric": {"a": 1}, "value": [0, "1"]},
        {"metric": None, "value": [0, "1"]},
        {"metric": {}, "value": ["NaN", "1"]},
        {"value": [0, "1"]},
        None,
        "up",
        [0, "1"],
    ],
)
def test_what_is_no_series_of_numbers_costs_only_itself(client: Client, odd: object) -> None:
    responses.post(QUERY, json=success([odd, UP]))
    assert [track.labels for track in client.query("up", 0)] == [(("job", "libvirt"),)]
    assert client.left_out == 1


@responses.activate
def test_null_is_no_series(client: Client) -> None:
    responses.post(QUERY, json={"status": "success", "data": {"resultType": "vector", "result": None}})
    assert client.query("up", 0) == []


@responses.activate
@pytest.mark.parametrize(
    ("more", "partial"),
    [
        ({}, False),
        ({"isPartial": False}, False),
        ({"isPartial": True}, True),
        ({"warnings": ["store 10.0.0.1 is not available"]}, True),
        ({"warnings": ["PromQL warning: mixed classic and native histograms"]}, False),
        ({"infos": ["PromQL info: metric might not be a counter"]}, False),
    ],
)
def test_a_partial_answer_is_known_as_one(client: Client, more: dict[str, Any], partial: bool) -> None:
    responses.post(QUERY, json=success([UP], **more))
    client.query("up", 0)
    assert client.statistics.partial == partial


def limited(accepts: int, refusal: tuple[int, str]) -> Callable[[requests.PreparedRequest], Any]:
    """A backend that answers windows of at most so many points."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        fields = dict(pair.split("=") for pair in str(request.body).split("&"))
        points = (int(fields["end"]) - int(fields["start"])) // 300 + 1
        if points > accepts:
            return refusal[0], {}, refusal[1]
        return 200, {}, json.dumps(success([], "matrix"))

    return answer


REFUSALS = [
    (422, json.dumps(error("exceeded chunks limit: limit 100 violated (got 120)", "execution"))),
    (422, json.dumps(error("the query hit the max number of chunks limit", "execution"))),
    (400, json.dumps(error("zu viele Punkte"))),
    (413, ""),
    (414, ""),
    (429, "slow down"),
    (500, ""),
    (503, json.dumps(error("query timed out in expression evaluation", "timeout"))),
    (504, "<html>Gateway Timeout</html>"),
    (200, "<html>too much</html>"),
]


@responses.activate
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal[0]} {refusal[1][:20]}")
@pytest.mark.parametrize("accepts", [7, 60, 500])
def test_a_limit_in_any_words_is_found_by_smaller_windows(
    client: Client, accepts: int, refusal: tuple[int, str]
) -> None:
    responses.add_callback(responses.POST, RANGE, limited(accepts, refusal))
    last = 999 * 300
    windows = [(first, end) for first, end, _ in client.windows("x", 0, last, 300, 1000)]
    assert (windows[0][0], windows[-1][1]) == (0, last)
    assert all(later[0] == earlier[1] + 300 for earlier, later in pairwise(windows))
    wasted = len(responses.calls) - len(windows)
    assert wasted <= 2 * math.log2(1000)
    asked = len(responses.calls)
    list(client.windows("y", 0, last, 300, 1000))
    assert len(responses.calls) - asked == len(windows), "what was refused is remembered"


def limited_in_seconds(accepts: int, refusal: tuple[int, str] | Exception) -> Callable[..., Any]:
    """A backend that answers for at most so many seconds of history, however many points they are."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        fields = dict(pair.split("=") for pair in str(request.body).split("&"))
        if int(fields["end"]) - int(fields["start"]) > accepts:
            if isinstance(refusal, Exception):
                raise refusal
            return refusal[0], {}, refusal[1]
        return 200, {}, json.dumps(success([], "matrix"))

    return answer


HUNG_UP = ProtocolError("Connection aborted.", RemoteDisconnected("without response"))
LATE = [requests.ReadTimeout("late"), requests.ConnectionError(HUNG_UP)]


@responses.activate
@pytest.mark.parametrize("refusal", [*REFUSALS[-2:], *LATE], ids=lambda refusal: str(refusal)[:30])
@pytest.mark.parametrize(("accepts", "step"), [(0, 300), (5400, 60), (5400, 3600)])
def test_a_limit_in_seconds_is_found_by_smaller_windows(
    client: Client, accepts: int, step: int, refusal: tuple[int, str] | Exception
) -> None:
    responses.add_callback(responses.POST, RANGE, limited_in_seconds(accepts, refusal))
    last = 99 * step
    for query in ("x", "y"):
        before = len(responses.calls)
        windows = [(first, end) for first, end, _ in client.windows(query, 0, last, step, 100)]
        assert (windows[0][0], windows[-1][1]) == (0, last)
        assert all(later[0] == earlier[1] + step for earlier, later in pairwise(windows))
        wasted = len(responses.calls) - before - len(windows)
        assert wasted <= (2 * math.log2(100) if query == "x" else 0), "what was refused is remembered"
    bodies = Counter(str(call.request.body) for call in responses.calls)
    assert max(bodies.values()) <= 1 + client.backend.retries


@responses.activate
def test_a_backend_that_refuses_everything_is_asked_for_little_next_time(client: Client) -> None:
    responses.post(RANGE, status=504, body="")
    asked = []
    for _ in range(2):
        with pytest.raises(PromqlError):
            list(client.windows("x", 0, 999 * 300, 300, 1000))
        asked.append(len(responses.calls))
    bodies = [str(call.request.body) for call in responses.calls]
    assert len(bodies) <= 2 * math.log2(1000) + 2 * client.backend.retries
    windows = [parse_qs(body) for body in bodies]
    assert windows[-1]["query"] != ["x"], (
        "no smaller window is left: whether it takes the query for no series"
    )
    assert asked[1] > asked[0]
    assert all(fields["start"] == fields["end"] for fields in windows[asked[0] :])


@responses.activate
def test_a_query_that_is_refused_in_any_size_makes_no_other_one_smaller(client: Client) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        bad = str(request.body).startswith("query=bad")
        return (400 if bad else 200), {}, json.dumps(error("no") if bad else success([], "matrix"))

    responses.add_callback(responses.POST, RANGE, answer)
    with pytest.raises(PromqlError, match="no"):
        list(client.windows("bad", 0, 999 * 300, 300, 1000))
    assert len(list(client.windows("good", 0, 999 * 300, 300, 1000))) == 1


@responses.activate
@pytest.mark.parametrize(("status", "result"), [(401, Result.UNAUTHORIZED), (404, Result.NOT_FOUND)])
def test_what_no_smaller_window_mends_is_told_at_once(client: Client, status: int, result: Result) -> None:
    responses.post(RANGE, status=status)
    with pytest.raises(PromqlError) as raised:
        list(client.windows("x", 0, 999 * 300, 300, 1000))
    assert raised.value.result is result
    assert len(responses.calls) == 1


@responses.activate
def test_windows_are_read_as_one(client: Client) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        fields = dict(pair.split("=") for pair in str(request.body).split("&"))
        times = range(int(fields["start"]), int(fields["end"]) + 1, 300)
        series = [{"metric": {"domain": "a"}, "values": [[at, str(at)] for at in times]}]
        return 200, {}, json.dumps(success(series, "matrix"))

    responses.add_callback(responses.POST, RANGE, answer)
    (track,) = client.read("x", 0, 3000, 300, 4)
    assert track.times.tolist() == track.values.tolist() == list(range(0, 3001, 300))
    assert len(responses.calls) == 3


@responses.activate
@pytest.mark.parametrize("value", ["²", "٣", "1e9", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 400])
def test_an_odd_retry_after_is_none(client: Client, waits: list[float], value: str) -> None:
    responses.post(QUERY, status=429, headers={"Retry-After": value})
    responses.post(QUERY, json=success([]))
    client.query("up", 0)
    assert waits[0] < 1


@responses.activate
def test_a_timeout_is_not_tried_again(client: Client) -> None:
    responses.post(QUERY, body=requests.ReadTimeout("slow"))
    with pytest.raises(PromqlError, match="did not answer in 7 s"):
        client.query("up", 0)
    assert len(responses.calls) == 1
    assert client.statistics.requests[Result.TIMEOUT] == 1


def test_refused_connections_are_told_shortly(waits: list[float]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"

        def waited(seconds: float) -> bool:
            waits.append(seconds)
            return False

        client = Client(Backend(url=address, retries=1), waited)
        with pytest.raises(PromqlError, match=rf"^{address}\S+ cannot be reached: .*refused") as raised:
            client.query("up", 0)
    assert raised.value.result is Result.UNREACHABLE
    assert len(str(raised.value)) < 150
    assert len(waits) == 1


def test_unknown_hosts_are_told() -> None:
    client = Client(Backend(url="http://no-such-host.invalid:9090", retries=0))
    with pytest.raises(PromqlError, match="cannot be reached"):
        client.query("up", 0)


@responses.activate
def test_credentials_are_read_from_their_file_each_time(tmp_path: Path) -> None:
    token = tmp_path / "token"
    responses.post(QUERY, json=success([]))
    client = Client(Backend(url=URL, credentials_file=token, headers=(("X-Scope-OrgID", "team-a"),)))
    for secret in ("first", "second"):
        token.write_text(f"{secret}\n")
        client.query("up", 0)
        headers = responses.calls[-1].request.headers
        assert headers["Authorization"] == f"Bearer {secret}"
        assert headers["X-Scope-OrgID"] == "team-a"
    token.unlink()
    with pytest.raises(PromqlError, match=r"cannot read the secret .*token: No such file"):
        client.query("up", 0)


@responses.activate
def test_basic_auth_takes_any_character(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("ö:€\n", encoding="utf-8")
    responses.post(QUERY, json=success([]))
    Client(Backend(url=URL, username="ops", password_file=tmp_path / "password")).query("up", 0)
    assert responses.calls[0].request.headers["Authorization"] == "Basic b3BzOsO2OuKCrA=="


@responses.activate
def test_warnings_are_counted_and_logged_once(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    responses.post(QUERY, json=success([], warnings=["partial response: store down"]))
    with caplog.at_level(logging.WARNING):
        client.query("up", 0)
        client.query("up", 300)
    assert client.statistics.warnings == 2
    assert [record.getMessage().count("store down") for record in caplog.records] == [1]
