"""The picture of a resource: what its lines show of what was between two of their points."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from answered import assert_answer
from dashboards import VALUES, filled_in, panel

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-vm.json"
CPU = 21  # the panel
VM = 'instance="h", domain="db"'
SERIES = {
    f"vm:cpu_utilization:ratio{{{VM}}}": "0.4+0x60",
    f'virtcast_anomaly_score{{{VM}, resource="vm_cpu"}}': "0.1+0x19 1.2+0x4 0.1+0x40",  # for five minutes
}


@pytest.mark.parametrize(("minutes", "dots"), [(40, 1), (60, 0)])
def test_an_anomaly_of_minutes_is_a_dot_of_a_step_of_weeks(minutes: int, dots: int, tmp_path: Path) -> None:
    (asked,) = [
        target["expr"]
        for target in panel(json.loads(PAGE.read_text()), CPU)["targets"]
        if target["legendFormat"] == "Anomaly"
    ]
    expr = filled_in(asked, {**VALUES, "$__rate_interval": "30m"})
    assert_answer(expr, [{"labels": "{}", "value": 0.4}] * dots, SERIES, 60 * minutes, tmp_path)
