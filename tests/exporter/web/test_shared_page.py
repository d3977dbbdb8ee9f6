"""Pages that several readers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily

from exporter.web.message import Response
from exporter.web.shared_page import SharedPage

if TYPE_CHECKING:
    from prometheus_client.core import Metric as Family

TEXT = ("", "text/plain", "text/plain;q=0.5", "*/*", "nonsense", "text/plain;version=0.0.4;x=1")


def families() -> list[Family]:
    return [GaugeMetricFamily("a", "A.", 1.0)]


def test_readers_who_ask_in_other_words_get_the_same_bytes() -> None:
    shared, page = SharedPage(), families()
    first = shared.of(page, TEXT[0])
    assert all(shared.of(page, accept) is first for accept in TEXT)
    assert shared.of(page, "application/openmetrics-text").body.endswith(b"# EOF\n")
    assert shared.of(page, "text/plain") is first


def test_other_families_are_another_page() -> None:
    shared = SharedPage()
    first = shared.of(families(), "")
    assert shared.of([GaugeMetricFamily("a", "A.", 2.0)], "").body != first.body


def test_a_page_is_compressed_once() -> None:
    response = Response(b"x" * 10_000)
    assert response.compressed() is response.compressed()
