"""The labels of an expression's result, which the lint holds templates and outputs against."""

from __future__ import annotations

import pytest

from rules_lint.known import known
from rules_lint.labels import result_labels
from rules_lint.queries import parse

SERIES = {
    "a": frozenset({"job", "instance", "mode"}),
    "b": frozenset({"job", "instance", "cpu"}),
}


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("a", "job instance mode"),
        ("sum(a)", ""),
        ("sum by (instance, cpu) (a)", "instance"),
        ("sum without (job) (a)", "instance mode"),
        ("topk(3, a)", "job instance mode"),
        ("quantile by (mode) (0.9, a)", "mode"),
        ("1 - rate(a[5m])", "job instance mode"),
        ("-(a) > 0", "job instance mode"),
        ("time() - a", "job instance mode"),
        ("a and on (instance) b", "job instance mode"),
        ("a unless b", "job instance mode"),
        ("a or b", "job instance"),
        ("a or on (mode) b", "job instance"),
        ("a / b", "job instance"),
        ("a > on (instance) b", "instance"),
        ("a / ignoring (mode) b", "job instance"),
        ("a * on (instance) group_left (cpu) b", "job instance mode cpu"),
        ("a * on (instance) group_right () b", "job instance cpu"),
        ("max_over_time(a[1h:5m])", "job instance mode"),
        ('label_replace(sum by (instance) (a), "host", "$1", "instance", "(.*)")', "instance host"),
        ("clamp(sum by (mode) (a), 0, 1)", "mode"),
        ("vector(1)", ""),
        ("scalar(a)", ""),
        ("missing", ""),
    ],
)
def test_labels(expr: str, labels: str) -> None:
    assert result_labels(parse(expr), SERIES) == set(labels.split())


def test_a_forecast_has_the_labels_of_its_resource() -> None:
    score = parse('virtcast_anomaly_score{resource="vm_filesystem"}')
    memory = parse('virtcast_anomaly_score{resource="vm_memory"}')
    assert result_labels(score, known()) - result_labels(memory, known()) == {"mountpoint"}
