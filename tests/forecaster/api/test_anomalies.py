"""The anomalies as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from example_view import only, rows_of
from exporter.web.query import Query
from forecaster.api.anomalies import anomalies, read
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.view.view import View

NOW = 1_800_000_000


def test_an_anomaly_has_its_reasons(view: Callable[..., View]) -> None:
    told = anomalies(view().fresh(NOW, 900).rows)
    (found,) = told["anomalies"]
    assert found == {
        "resource": "vm_cpu",
        "labels": {"domain": "web", "instance": "h1", "provider": "libvirt"},
        "at": NOW,
        "score": 1.5,
        "onset": NOW - 600,
        "value": 0.35,
        "expected": pytest.approx(0.012),
        "usual": 0.12,
        "origin": 0.14,
        "trend_per_hour": 0.03,
        "season": pytest.approx(found["season"]),
        "signs": {"residual": 1.4, "shape": 0.8, "roughness": 0.6, "displacement": 2.5},
        "strongest": "residual",
        "text": "usually 12 % at this time, now 35 %; rising 3 %/h; strongest sign: the value jumped",
    }
    assert told["groups"] == []


def test_what_is_not_known_is_null_and_what_deviated_together_is_grouped(view: Callable[..., View]) -> None:
    made = view()
    outlook = rows_of(made).outlook
    began = replace(outlook.reasons, onset=np.array([NOW - 300.0, NOW - 900.0]))
    labels = (rows_of(made).labels[0], (("domain", "db"), ("instance", "h1")))
    changes: dict[str, Any] = {"labels": labels, "outlook": replace(outlook, reasons=began)}
    told = json.loads(json.dumps(anomalies(only(made, **changes).fresh(NOW, 900).rows), allow_nan=False))
    assert [(found["labels"]["domain"], found["usual"]) for found in told["anomalies"]] == [
        ("web", 0.12),
        ("db", None),
    ]
    (group,) = told["groups"]
    assert group["of"] == {"instance": "h1"}
    assert [onset["labels"]["domain"] for onset in group["onsets"]] == ["db", "web"]
    assert [onset["onset"] for onset in group["first"]] == [NOW - 900]
    asked = read(only(made, **changes).fresh(NOW, 900), Query.parse('match[]={domain="web"}'))
    assert [found["labels"]["domain"] for found in asked["anomalies"]] == ["web"]
    assert asked["groups"] == [group]
    nobody = read(only(made, **changes).fresh(NOW, 900), Query.parse('match[]={domain="nobody"}'))
    assert nobody == {"total": 0, "anomalies": [], "groups": []}
    learning = only(made, State.LEARNING, **changes)
    assert anomalies(learning.fresh(NOW, 900).rows) == {"anomalies": [], "groups": []}
