"""One source, two renderings: both are valid, and the committed one is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alert_rules import render
from alert_rules.alerts.exhaustion import ROWS as EXHAUSTIONS
from alert_rules.configuration import CHANNELS, SWITCHES
from alert_rules.profiles import PROFILES
from demo import stack
from forecaster.config.durations import seconds
from forecaster.config.file import read

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
RULES = ("alerts.rules.yml", "recording.rules.yml")


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_check_names_the_committed_files_that_are_out_of_date(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert render.main(["--check"]) == 0

    monkeypatch.setattr(render, "committed", lambda: {Path("alert_rules/alerts.rules.yml"): "by hand"})
    assert render.main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("alert_rules/alerts.rules.yml is not what its source says")


@pytest.mark.parametrize(
    "flags", [["--profile=demo"], ["--grafana-url=http://board"], ["--check", "--profile=demo"]]
)
def test_what_is_not_the_committed_rendering_asks_for_a_place(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        render.main(flags)
    assert ended.value.code == 2
    assert "say --output DIR" in capsys.readouterr().err


def test_outside_of_the_repository_nothing_is_written_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        render.main([])
    assert list(tmp_path.iterdir()) == []


def test_a_values_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "values.yml").write_text("filesystem: {probability: 0.7, predicted_for: 30m}\n")
    assert render.main([f"--output={tmp_path}", f"--values={tmp_path}/values.yml"]) == 0
    ours = (tmp_path / "alerts.rules.yml").read_text().splitlines()
    theirs = (ROOT / "alert_rules" / "alerts.rules.yml").read_text().splitlines()
    changed = [new for new, old in zip(ours, theirs, strict=True) if new != old]
    assert [line.split()[-1] for line in changed] == ["0.7)", "30m", "0.7)", "30m"]  # soon, and later


def test_a_job_s_name_may_hold_what_promql_quotes(tmp_path: Path, run: Tool) -> None:
    (tmp_path / "values.yml").write_text("libvirt: {jobs: 'kvm\\d+|a\"b'}\n")
    assert render.main([f"--output={tmp_path}", f"--values={tmp_path}/values.yml"]) == 0
    alerts = tmp_path / "alerts.rules.yml"
    assert 'up{job=~"kvm\\\\d+|a\\"b"}' in alerts.read_text()
    checked = run("promtool", "check", "rules", alerts)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("filesystem: {flor: 0.8}", 'values.yml:1: unknown key "flor"'),
        ("files: {floor: 0.8}", 'values.yml:1: unknown key "files"'),
        ("cpu:\n  anomaly_for: ten minutes", "values.yml:2: 'ten minutes' is no duration"),
        ("cpu:\n  deviation: much", "values.yml:2: expected a number"),
        (
            "channels: {gotify_url: 'http://gotify.test'}",
            "channels.gotify_url is set: set channels.gotify_token_file, too",
        ),
        (
            "channels: {smtp_username: a}",
            "channels.smtp_username is set: set channels.smtp_password_file, too",
        ),
    ],
)
def test_a_mistake_in_a_values_file_is_reported_with_its_line(
    text: str, mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "values.yml").write_text(text)
    with pytest.raises(SystemExit):
        render.main([f"--output={tmp_path}", f"--values={tmp_path}/values.yml"])
    assert mistake in capsys.readouterr().err
    assert not (tmp_path / "alerts.rules.yml").exists()


@pytest.mark.parametrize("name", RULES)
def test_rules_pass_promtool(rendered: Path, run: Tool, name: str) -> None:
    checked = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", rendered / name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_configuration_passes_promtool(rendered: Path, run: Tool) -> None:
    checked = run("promtool", "check", "config", rendered / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "3 rule files found" in checked.stdout
    assert "WARNING" not in checked.stdout, "a file of targets is missing"


def test_the_forecasts_keep_their_labels(rendered: Path) -> None:
    jobs = {
        job["job_name"]: job
        for job in yaml.safe_load((rendered / "prometheus.yml").read_text())["scrape_configs"]
    }
    assert jobs["virtcast"]["honor_labels"] is True
    assert not jobs["libvirt"].get("honor_labels", False)


def test_every_group_is_evaluated_at_the_profile_s_interval(profile: str, rendered: Path) -> None:
    chosen = PROFILES[profile]["scraping"]
    for name in RULES:
        for group in yaml.safe_load((rendered / name).read_text())["groups"]:
            critical = {rule.get("labels", {}).get("severity") == "critical" for rule in group["rules"]}
            (urgent,) = critical
            assert group["interval"] == chosen["critical_" * urgent + "evaluation_interval"], group["name"]


@pytest.mark.parametrize("profile", PROFILES)
def test_scrape_rule_and_notification_of_a_critical_alert_take_30_s_at_most(profile: str) -> None:
    chosen = PROFILES[profile]
    scraping, waits = chosen["scraping"], chosen["notifications"]
    taken = (
        scraping["scrape_interval"], scraping["critical_evaluation_interval"], waits["critical_wait"],
    )  # fmt: skip
    assert sum(seconds(str(each)) for each in taken) <= 30


def test_a_rate_has_four_scrapes_or_more(profile: str) -> None:
    chosen = PROFILES[profile]
    window, interval = chosen["recording"]["rate_window"], chosen["scraping"]["scrape_interval"]
    assert seconds(str(window)) >= 4 * seconds(str(interval))


def test_the_demo_s_horizons_are_forecast_in_the_demo(tmp_path: Path) -> None:
    stack.configure(tmp_path, stack.Addresses.choose([]), [])
    config = read(tmp_path / "forecaster.yml")
    horizons = {each.name: {horizon.label for horizon in each.horizons} for each in config.resources}
    for row in EXHAUSTIONS:
        assert PROFILES["demo"][row.area]["horizon"] in horizons[row.resource]
    assert PROFILES["demo"]["scraping"]["evaluation_interval"] == f"{config.step}s"


def test_addresses_are_flags(tmp_path: Path) -> None:
    flags = ["--webhook-url=http://hook:1", "--watchdog-url=https://heart.test/4"]
    flags += ["--grafana-url=http://board:2", "--runbook-url=http://book:3"]
    assert render.main(["--output", str(tmp_path), *flags]) == 0

    alertmanager, alerts = (
        (tmp_path / "alertmanager.yml").read_text(),
        (tmp_path / "alerts.rules.yml").read_text(),
    )
    assert "url: http://hook:1/critical" in alertmanager
    assert "url: https://heart.test/4" in alertmanager
    assert "http://board:2/d/virtcast-vm?" in alerts
    assert 'runbook_url: "http://book:3/LibvirtDown.md"' in alerts


NOBODY = "127.0.0.1:9095"  # where the demo's receiver listens
SOMEBODY = {
    "email_to": "ops@example.org", "slack_url_file": "/s", "teams_url_file": "/t", "sms_to": "1@sms.test",
    "pagerduty_key_file": "/p", "ntfy_url": "https://ntfy.test/a", "gotify_url": "https://g",
}  # fmt: skip
HISTORY = {"history_url": "http://f"}
HOW = {"gotify_token_file": "/g", "smtp_username": "a", "smtp_password_file": "/m", "ntfy_token_file": "/n"}


def configured(folder: Path, values: dict[str, Any], *flags: str) -> dict[str, Any]:
    """The written configuration of Alertmanager."""
    (folder / "values.yml").write_text(yaml.safe_dump(values))
    assert render.main([f"--values={folder}/values.yml", f"--output={folder}", *flags]) == 0
    loaded: dict[str, Any] = yaml.safe_load((folder / "alertmanager.yml").read_text())
    return loaded


def webhooks(config: dict[str, Any]) -> list[str]:
    return [each["url"] for receiver in config["receivers"] for each in receiver.get("webhook_configs", ())]


def test_every_channel_is_known_as_one() -> None:
    assert set(SOMEBODY) == set(SWITCHES)
    off = {each.name for each in CHANNELS.values if each.default == ""}
    assert off <= {*SWITCHES, *HOW, *HISTORY}


@pytest.mark.parametrize(
    "values",
    [
        *({"channels": {name: value, **HOW}} for name, value in SOMEBODY.items()),
        {"addresses": {"webhook_url": "https://hook.test"}},
    ],
)
def test_where_somebody_is_told_nothing_is_sent_to_where_nobody_listens(
    values: dict[str, Any], tmp_path: Path
) -> None:
    config = configured(tmp_path, values)
    assert [url for url in webhooks(config) if NOBODY in url] == []
    assert "watchdog" not in {each["name"] for each in config["receivers"]}


@pytest.mark.parametrize(
    "values",
    [
        {"channels": HISTORY},
        {"owners": {"shop": "shop@example.org"}},
        {"teams": {"storage": "https://hook.test"}},
    ],
)
def test_a_log_an_owner_or_a_team_is_nobody_who_is_told_of_a_host(
    values: dict[str, Any], tmp_path: Path
) -> None:
    """So the default receiver stays: that nobody listens there is told, which an empty receiver is not."""
    assert [url for url in webhooks(configured(tmp_path, values)) if NOBODY in url] != []


def test_a_watchdog_without_a_monitor_is_sent_to_nobody(tmp_path: Path, run: Tool) -> None:
    configured(tmp_path, {"channels": {"email_to": "ops@example.org"}})
    given = f"--config.file={tmp_path}/alertmanager.yml"
    routed = run(
        "amtool", "config", "routes", "test", given, "--verify.receivers=none", "alertname=Watchdog",
        "severity=none",
    )  # fmt: skip
    assert routed.returncode == 0, routed.stdout + routed.stderr


def test_addresses_that_are_given_stay_whoever_else_is_told(tmp_path: Path) -> None:
    given = {"webhook_url": f"http://{NOBODY}", "watchdog_url": "https://heart.test"}
    mail = {"channels": {"email_to": "ops@example.org"}}
    expected = [f"http://{NOBODY}/critical", f"http://{NOBODY}/warning", "https://heart.test"]
    assert webhooks(configured(tmp_path, {**mail, "addresses": given})) == expected
    flags = (f"--{name.replace('_', '-')}={url}" for name, url in given.items())
    assert webhooks(configured(tmp_path, mail, *flags)) == expected


def test_an_address_may_be_none(tmp_path: Path) -> None:
    assert webhooks(configured(tmp_path, {}, "--webhook-url=", "--watchdog-url=")) == []
    assert webhooks(configured(tmp_path, {}, "--watchdog-url=")) != []


def test_no_text_of_a_notification_can_be_yaml(tmp_path: Path) -> None:
    """Where Alertmanager reads YAML (ADR 61), a text is empty or begins with a tab."""
    chosen = {"gotify_url": "https://g", "gotify_token_file": "/g", "pagerduty_key_file": "/p"}
    (tmp_path / "values.yml").write_text(yaml.safe_dump({"channels": chosen}))
    assert render.main([f"--values={tmp_path}/values.yml", f"--output={tmp_path}"]) == 0
    receivers = yaml.safe_load((tmp_path / "alertmanager.yml").read_text())["receivers"]
    read = [
        each.get("payload", each.get("details", {}))
        for receiver in receivers
        for each in (*receiver.get("webhook_configs", ()), *receiver.get("pagerduty_configs", ()))
    ]
    texts = {name: text for fields in read for name, text in fields.items() if isinstance(text, str)}
    assert texts.keys() == {"title", "message", "text", "firing", "resolved"}
    assert [text for text in texts.values() if text and not text.startswith("\t")] == []
