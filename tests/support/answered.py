"""What Prometheus' engine answers, by promtool."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def assert_answer(
    expression: str, expected: list[dict[str, Any]], series: Mapping[str, str], at: int, folder: Path
) -> None:
    """The expression has these samples, promtool's `labels` and `value` each, `at` seconds after the start of
    the series: values a minute apart in promtool's notation, by name.
    """
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": expression, "eval_time": f"{at}s", "exp_samples": expected}],
    }
    file = folder / "answers.test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
