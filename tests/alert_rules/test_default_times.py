"""The default profile in real programs: how soon people are told of what is critical."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.alert_rules.conftest import Eventually, Inbox, Prometheus

HOSTS = ("host-a", "host-b", "host-c")  # a notification each
APART = 4.0  # seconds between their faults, so that they meet scrapes and evaluations at other moments
PROMISED = 30.0  # seconds from the fault to the notification
PROGRAMS = 10.0  # seconds that four programs may take themselves on a machine that runs other tests, too
PAGE = 'libvirt_up 1\nlibvirt_domain_events_total{{domain="web",event="panic"}} {panics}\n'


@pytest.fixture
def run_with() -> str:
    return "default"


@pytest.fixture
def panics() -> dict[str, int]:
    """Kernel panics so far, by host."""
    return dict.fromkeys(HOSTS, 0)


@pytest.fixture
def exporters(panics: dict[str, int]) -> Iterator[list[dict[str, Any]]]:
    """A page for each host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (host,) = parse_qs(urlsplit(self.path).query)["host"]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(PAGE.format(panics=panics[host]).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        address = f"127.0.0.1:{server.server_address[1]}"
        yield [{"targets": [address], "labels": {"instance": host, "__param_host": host}} for host in HOSTS]
        server.shutdown()
        thread.join()


def test_a_critical_alert_arrives_within_30_s(
    prometheus: Prometheus, inbox: Inbox, eventually: Eventually, panics: dict[str, int]
) -> None:
    scraped = "count(count_over_time(libvirt_domain_events_total[5m]) >= 1)"
    assert eventually(lambda: prometheus.value(scraped) == str(len(HOSTS)))
    happened = {}
    for host in HOSTS:
        happened[host], panics[host] = time.monotonic(), 1
        time.sleep(APART)
    arrived: dict[str, float] = {}
    while len(arrived) < len(HOSTS) and time.monotonic() < min(happened.values()) + 2 * PROMISED:
        for host in HOSTS:
            if f"VmPanicked {host} web" in inbox.told("/critical"):
                arrived.setdefault(host, time.monotonic())
        time.sleep(0.1)
    took = {host: arrived[host] - happened[host] for host in arrived}
    assert took.keys() == set(HOSTS)
    assert max(took.values()) <= PROMISED + PROGRAMS, took
