"""Series keep apart on the page, whatever their labels are called."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import example_view
from exporter.metric import families
from exporter.web.exposition import negotiated, page
from exporter.web.label_names import Escaping
from forecaster.publish.gauges import samples
from forecaster.publish.names import RESERVED, label_names, named
from forecaster.series.labels import identity
from forecaster.series.state import State

if TYPE_CHECKING:
    from forecaster.series.labels import Labels
    from forecaster.view.view import View

CLASSIC = Escaping.UNDERSCORES
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NAMES = TEXTS | st.sampled_from(
    ["a.b", "a_b", "a:b", "..name..", "exported_a_b", *sorted(RESERVED - {"__name__"})]
)
SERIES = st.dictionaries(NAMES, st.sampled_from("xy"), min_size=1, max_size=4).map(identity)


def labels(**pairs: str) -> Labels:
    return identity(pairs)


def of(rows: list[Labels], state: State = State.READY) -> View:
    """A view of these series, all with the figures of one."""
    view = example_view.make()
    given = example_view.rows_of(view)
    copies = np.zeros(len(rows), dtype=int)
    chosen = given.take(copies.tolist())
    return example_view.only(
        view, state, labels=tuple(rows), values=chosen.values, outlook=chosen.outlook, bounds=chosen.bounds
    )


def text(view: View, accept: str = "") -> str:
    form = negotiated(accept)
    found = samples(view, example_view.NOW, 900, form.names)
    return page(families(found), form).body.decode()


def test_labels_with_another_meaning_are_renamed() -> None:
    assert label_names(("domain", "horizon", "resource"), CLASSIC) == (
        "domain",
        "exported_horizon",
        "exported_resource",
    )


def test_a_renamed_label_takes_no_other_ones_name() -> None:
    assert label_names(("exported_resource", "resource"), CLASSIC) == (
        "exported_resource",
        "exported_exported_resource",
    )
    assert label_names(("a.b", "a_b"), CLASSIC) == ("exported_a_b", "a_b")
    assert label_names(("a.b", "a_b"), Escaping.ALLOW_UTF_8) == ("a.b", "a_b")
    assert label_names(("..name..",), CLASSIC) == ("exported___name__",)


def test_two_series_that_differ_in_a_renamed_label_stay_two() -> None:
    rows = [labels(domain="a", resource="cpu", exported_resource=value) for value in "xy"]
    found = [sample for sample in samples(of(rows), example_view.NOW, 900) if "upper" in sample.labels]
    assert [dict(zip(each.metric.labels, each.labels, strict=True)) for each in found] == [
        {
            "resource": "vm_cpu",
            "domain": "a",
            "exported_resource": value,
            "exported_exported_resource": "cpu",
            "bound": "upper",
        }
        for value in "xy"
    ]


def test_a_series_that_would_be_called_as_another_is_left_out_and_counted() -> None:
    plain, dotted = labels(a_b="x"), (("a.b", "x"),)
    view = of([dotted, plain])
    written = text(view)
    assert 'virtcast_threshold_value{resource="vm_cpu",a_b="x"} 0.5\n' in written
    assert written.count("virtcast_threshold_value{") == 1
    assert 'virtcast_series_excluded{resource="vm_cpu",reason="label_collision"} 1.0\n' in written
    quoted = text(view, "text/plain;version=1.0.0;escaping=allow-utf-8")
    assert 'virtcast_threshold_value{resource="vm_cpu","a.b"="x"} 0.5\n' in quoted
    assert quoted.count("virtcast_threshold_value{") == 2
    assert 'reason="label_collision"} 0.0\n' in quoted


@given(st.lists(SERIES, unique=True, max_size=6), st.sampled_from(Escaping))
def test_no_two_series_are_called_alike(rows: list[Labels], escaping: Escaping) -> None:
    found = named(rows, escaping)
    assert len(found.names) + found.left_out == len(rows)
    called = [
        frozenset(zip(names, (value for _, value in row), strict=True)) for row, names in found.names.items()
    ]
    assert len(set(called)) == len(called)
    assert all(len(set(names)) == len(names) and not RESERVED & set(names) for names in found.names.values())


@settings(max_examples=40, deadline=None)
@given(st.lists(SERIES, unique=True, min_size=1, max_size=8))
def test_promtool_reads_any_label_name(rows: list[Labels]) -> None:
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing: install the Debian package prometheus")
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text(of(rows)).encode(), capture_output=True, check=False
    )
    assert checked.returncode in (0, 3), checked.stderr.decode()  # 3: remarks about style
    assert b"error" not in checked.stderr


def test_a_label_replica_of_the_source_is_renamed_where_ours_is_published() -> None:
    row = labels(domain="web", replica="prometheus-0")
    assert named([row], CLASSIC).names[row] == ("domain", "replica")
    assert named([row], CLASSIC, frozenset({"replica"})).names[row] == ("domain", "exported_replica")
    view = replace(of([row]), replica="b")
    told = {(*sample.metric.labels, *sample.labels) for sample in samples(view, view.made_at, 900)}
    # An issue is of the VM alone, a count of none.
    ours = [each for each in told if {"replica", "domain", "resource"} <= set(each)]
    assert ours
    for each in ours:
        assert each[: len(each) // 2][-1] == "replica"
        assert each[-1] == "b"
        assert {"exported_replica", "prometheus-0"} <= set(each)
