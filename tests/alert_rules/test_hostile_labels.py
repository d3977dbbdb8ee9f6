"""Labels that guests choose: whatever they hold, annotations are one line of text and no template error."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rules_in_part import write_part

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Tool = Callable[..., subprocess.CompletedProcess[str]]

# A label's value, and what an annotation shows of it.
VALUES = {
    "replacement character": ("/\ufffd", "/\ufffd"),
    "quotes": ("/a\"b'c`d\\\\e", "/a\"b'c`d\\\\e"),
    "lines": ("/x\nalert: forged", "/x?alert: forged"),
    "terminal": ("/\x1b[2J\x07", "/?[2J?"),
    "direction": ("/\u202egpj.exe", "/?gpj.exe"),
    "template": ("/{{ $externalLabels }}{{ end }}", "/{{ $externalLabels }}{{ end }}"),
    "format": ("/%s%!q%+q", "/%s%!q%+q"),
    "long": ("/" + "\u00e9" * 10_000, "/" + "\u00e9" * 99),
}
by_value = pytest.mark.parametrize(("value", "shown"), VALUES.values(), ids=VALUES)


def series(metric: str, value: str, **labels: str) -> dict[str, str]:
    matchers = ", ".join(f"{name}={json.dumps(text)}" for name, text in labels.items())
    return {"series": f"{metric}{{{matchers}}}", "values": value}


def annotated(run: Tool, rules: Path, folder: Path, alert: str, *given: dict[str, str]) -> str:
    """What promtool says when an alert of `rules` fires that the test, in `folder`, does not expect."""
    case = {
        "interval": "1m",
        "input_series": list(given),
        "alert_rule_test": [{"eval_time": "40m", "alertname": alert}],
    }
    test: dict[str, Any] = {"rule_files": ["part.rules.yml"], "evaluation_interval": "1m", "tests": [case]}
    write_part(rules, {alert}, folder / "part.rules.yml")
    (folder / "hostile.test.yml").write_text(yaml.safe_dump(test))
    said = run("promtool", "test", "rules", "hostile.test.yml", cwd=folder)
    found = re.search(r"got:\[.*?Annotations:(\{.*)", said.stderr, re.DOTALL)
    assert found is not None, said.stderr[:1000]
    return found[1]


@pytest.mark.parametrize("profile", ["default"], indirect=True)
@by_value
def test_a_mount_point_and_a_domain(
    rendered: Path, run: Tool, tmp_path: Path, value: str, shown: str
) -> None:
    where = {"instance": "host-a", "domain": value, "mountpoint": value}
    likely = {"resource": "vm_filesystem", **where}
    said = annotated(
        run,
        rendered / "alerts.rules.yml",
        tmp_path,
        "VmFilesystemExhaustionPredicted",
        series("vm:filesystem_utilization:ratio", "0.8+0x60", provider="libvirt", **where),
        series("virtcast_exhaustion_probability_ratio", "0.9+0x60", horizon="24h", **likely),
        series("virtcast_exhaustion_timestamp_seconds", "9600+0x60", quantile="0.5", **likely),
    )
    assert "error expanding template" not in said
    quoted = go(shown)
    assert f'summary="{quoted} of {quoted} will probably be full in about 2h 0m 0s"' in said


@pytest.mark.parametrize("profile", ["default"], indirect=True)
@by_value
def test_a_domain_in_a_list(rendered: Path, run: Tool, tmp_path: Path, value: str, shown: str) -> None:
    last = {"direction": "outgoing", "result": "failed", "domain": value, "instance": "host-a"}
    failed = {"direction": "outgoing", "result": "failed", "instance": "host-a"}
    said = annotated(
        run,
        rendered / "alerts.rules.yml",
        tmp_path,
        "VmMigrationFailed",
        series("libvirt_migrations_total", "0+0x30 1+0x30", **failed),
        series("libvirt_domain_last_migration_timestamp_seconds", "1800+0x60", **last),
    )
    assert f'VMs whose last migration failed: {go(shown)} "' in said


def go(text: str) -> str:
    """The text as Go quotes it."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
