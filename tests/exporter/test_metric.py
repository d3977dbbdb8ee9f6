"""Metric rows and their values: histograms, and rows as documentation."""

from __future__ import annotations

from exporter.metric import Distribution, Histogram, Kind, Metric, reference


def test_a_histogram_counts_by_upper_bound_and_ignores_what_was_not_measured() -> None:
    histogram = Histogram((1, 10))
    for value in (0.5, 1, 5, 100, None):
        histogram.observe(value)
    assert histogram.read() == Distribution(((1, 2), (10, 3), (float("inf"), 4)), 106.5)


def test_a_row_is_a_line_of_the_reference() -> None:
    row = Metric("x_bytes_total", Kind.COUNTER, "Bytes of x.", ("a", "b"), "bytes")
    assert list(reference([row]))[1:] == ["| `x_bytes_total` | counter | `a`, `b` | bytes | Bytes of x. |\n"]
