"""The anomalies as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.publish.document import anomalies
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.publish.view import View

NOW = 1_800_000_000


def test_an_anomaly_has_its_reasons(view: Callable[..., View]) -> None:
    told = anomalies(view().fresh(NOW, 900))
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
    first = made.resources[0]
    assert first.forecasts is not None
    outlook = first.forecasts.outlook
    began = replace(outlook.reasons, onset=np.array([NOW - 300.0, NOW - 900.0]))
    labels = (first.forecasts.labels[0], (("domain", "db"), ("instance", "h1")))
    forecasts = replace(first.forecasts, labels=labels, outlook=replace(outlook, reasons=began))
    each = replace(first, forecasts=forecasts, states=dict.fromkeys(labels, State.READY))
    told = json.loads(json.dumps(anomalies([(each, forecasts)]), allow_nan=False))
    assert [(found["labels"]["domain"], found["usual"]) for found in told["anomalies"]] == [
        ("web", 0.12),
        ("db", None),
    ]
    (group,) = told["groups"]
    assert group["of"] == {"instance": "h1"}
    assert [onset["labels"]["domain"] for onset in group["onsets"]] == ["db", "web"]
    assert [onset["onset"] for onset in group["first"]] == [NOW - 900]
    learning = replace(each, states=dict.fromkeys(labels, State.LEARNING))
    assert anomalies([(learning, forecasts)]) == {"anomalies": [], "groups": []}
