"""The command line as its users meet it: processes, one-line errors, exit statuses."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests

from forecaster.cli import arguments, main
from forecaster.config.resources import stated_limit
from forecaster.replay_csv import Run

if TYPE_CHECKING:
    from pathlib import Path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "forecaster.cli", *arguments]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resources:\n  vm_cpu:\n    limt: 1\n", ':3: unknown key "limt"'),
        ("step: [", ":1: "),
        (None, ": No such file or directory"),
    ],
)
@pytest.mark.parametrize("name", ["serve", "check-config"])
def test_a_bad_configuration_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, message: str
) -> None:
    path = tmp_path / "virtcast.yml"
    if text is not None:
        path.write_text(text)
    assert main([name, "--config.file", str(path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"virtcast-forecaster: {path}")
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--prometheus.url", "prometheus:9090"], "no address of a backend"),
        (["--shard", "4/3"], "is no shard"),
        (["--web.listen-address", "here"], "is not a listen address"),
        (["replay", "--input", "x"], "--output"),
        (["replay", "--input", "x", "--output", "y", "--step", "5"], "is no duration"),
        (["replay", "--input", "x", "--output", "y", "--sensitivity", "0"], "is not a positive number"),
        (["replay", "--input", "x", "--output", "y", "--min-deviation", "-1"], "is no deviation"),
        (["--no-such-flag"], "unrecognized arguments"),
    ],
)
def test_a_bad_flag_is_told(capsys: pytest.CaptureFixture[str], given: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as raised:
        main(given)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_replay_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--input", str(tmp_path), "--output", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"virtcast-forecaster: {tmp_path}: no .csv files there\n"


def test_replay_writes_the_columns_the_flags_ask_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("timestamp,value\n0,10\n60,20\n")
    flags = ["--step", "1m", "--limit", "90", "--horizon", "5m", "--horizon", "2h"]
    assert main(["replay", "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out"), *flags]) == 0
    header = (tmp_path / "out/a.csv").read_text().splitlines()[0]
    assert "exhaustion_seconds,probability_300,probability_7200,trend_per_hour," in header


def test_replay_s_help_names_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["replay", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for column in Run(300, 86_400, None, ()).columns:
        assert re.sub("^contribution(?=_)(?!_residual)", "", column) in text, column


def test_replay_hands_the_dial_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Run] = []
    monkeypatch.setattr(
        "forecaster.replay_csv.replay_files", lambda _source, _target, run, _: runs.append(run)
    )
    paths = ["--input", str(tmp_path), "--output", str(tmp_path)]
    assert main(["replay", *paths, "--sensitivity", "1.3", "--min-deviation", "0.05"]) == 0
    assert main(["replay", *paths]) == 0
    assert [(run.sensitivity, run.min_deviation) for run in runs] == [(1.3, 0.05), (1.0, 0.0)]


def test_check_config_prints_what_is_in_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "virtcast.yml"
    path.write_text("""
prometheus:
  url: https://a.test
  basic_auth: {username: ops, password_file: password}
  headers: {X-Scope-OrgID: team-a}
  params: {dedup: ["true"]}
resources:
  vm_cpu:
    overrides: [{matchers: ['domain="db"'], limit: none, threshold: 0.8}]
""")
    (tmp_path / "password").write_text("s3cret")
    given = [
        "check-config",
        "--config.file",
        str(path),
        "--prometheus.url",
        "http://b.test/",
        "--shard",
        "2/3",
    ]
    assert main(given) == 0
    said = capsys.readouterr().out
    for line in (
        "prometheus: http://b.test (timeout 30s, 3 retries)",
        f"  basic auth: ops, password from {tmp_path}/password",
        "  header X-Scope-OrgID: team-a",
        "  parameter dedup: true",
        "lookback: 28d",
        "shard: 2/3",
        "  vm_cpu: vm:cpu_utilization:ratio",
        f"    limit 0.9, or what this gives: {stated_limit('vm_cpu')}; alert from probability 0.8",
        '    override {domain="db"}: limit none, threshold 0.8',
        "    horizons 15m, 1h, 24h, 7d, 30d",
    ):
        assert line in said.splitlines()
    assert "s3cret" not in said


def test_check_config_reads_the_file_of_the_web_server_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "web.yml"
    path.write_text("rate_limit: {interval: 1s, burst: 1}\n")
    given = ["check-config", f"--web.config.file={path}"]
    assert main(given) == 0
    assert f"ok     web configuration: {path}" in capsys.readouterr().out
    path.write_text("unheard_of: 1\n")
    assert main(given) == 1
    assert f'{path}:1: unknown key "unheard_of"' in capsys.readouterr().err


def test_the_replica_is_the_flag_s_else_the_file_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "virtcast.yml"
    path.write_text("replica: a\n")
    given = ["check-config", "--config.file", str(path)]
    for flags, told in ([], "replica: a"), (["--replica=b"], "replica: b"):
        assert main([*given, *flags]) == 0
        assert told in capsys.readouterr().out.splitlines()
    assert main(["check-config"]) == 0
    assert "replica" not in capsys.readouterr().out


def test_help_lists_every_command() -> None:
    for name in ("serve", "replay", "check-config"):
        assert name in arguments().format_help()


def test_serving_without_a_backend(tmp_path: Path, silent_port: int) -> None:
    """It says what is wrong once, serves its own health, is not ready, and ends cleanly on SIGTERM."""
    log = tmp_path / "log"
    given = ("--prometheus.url", f"http://127.0.0.1:{silent_port}", "--web.listen-address", "127.0.0.1:0")
    with log.open("wb") as file, subprocess.Popen(command(*given), stderr=file, env=os.environ) as process:
        try:
            address = wait_for(log, "address=")
            assert address.startswith("127.0.0.1:")
            wait_for(log, "cannot query", seconds=20)
            page = requests.get(f"http://{address}/metrics", timeout=5).text
            assert "virtcast_prometheus_up 0.0" in page
            assert 'virtcast_promql_requests_total{result="unreachable"} 4.0' in page
            assert "virtcast_last_success_timestamp_seconds " not in page
            assert requests.get(f"http://{address}/-/healthy", timeout=5).status_code == 200
            ready = requests.get(f"http://{address}/-/ready", timeout=5)
            assert (ready.status_code, "cannot be reached" in ready.text) == (503, True)
            assert (
                requests.get(f"http://{address}/", timeout=5).headers["Content-Type"].startswith("text/html")
            )
            assert requests.get(f"http://{address}/nothing", timeout=5).status_code == 404
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    said = log.read_text()
    assert said.count("level=ERROR") == 1
    assert "Traceback" not in said


def test_a_hangup_reads_the_configuration_again(tmp_path: Path, silent_port: int) -> None:
    """A bad file is told in one line and changes nothing; a good one is taken."""
    log, config = tmp_path / "log", tmp_path / "virtcast.yml"
    config.write_text("step: 1m\n")
    given = ("--config.file", str(config), "--prometheus.url", f"http://127.0.0.1:{silent_port}")
    argv = command(*given, "--web.listen-address", "127.0.0.1:0")
    with log.open("wb") as file, subprocess.Popen(argv, stderr=file, env=os.environ) as process:
        try:
            address = wait_for(log, "address=")
            wait_for(log, "cannot query", seconds=20)
            config.write_text("stp: 2m\n")
            process.send_signal(signal.SIGHUP)
            wait_for(log, "the configuration stays as it was")
            page = requests.get(f"http://{address}/metrics", timeout=5).text
            assert "virtcast_config_last_reload_successful 0.0" in page
            config.write_text("step: 2m\n")
            process.send_signal(signal.SIGHUP)
            wait_for(log, "configuration read again")
            assert "<dt>Step</dt><dd>2m</dd>" in requests.get(f"http://{address}/", timeout=5).text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    said = log.read_text()
    assert [line for line in said.splitlines() if "stays as it was" in line and "unknown key" in line]
    assert "Traceback" not in said


def test_the_configuration_is_read_again_over_http(tmp_path: Path, silent_port: int) -> None:
    """A bad file is told to who asked; a good one is taken."""
    log, config = tmp_path / "log", tmp_path / "virtcast.yml"
    config.write_text("step: 1m\n")
    given = ("--config.file", str(config), "--prometheus.url", f"http://127.0.0.1:{silent_port}")
    argv = command(*given, "--web.listen-address", "127.0.0.1:0", "--web.enable-lifecycle")
    with log.open("wb") as file, subprocess.Popen(argv, stderr=file, env=os.environ) as process:
        try:
            address = wait_for(log, "address=")
            config.write_text("stp: 2m\n")
            refused = requests.post(f"http://{address}/-/reload", timeout=5)
            assert (refused.status_code, "1: unknown key" in refused.text) == (500, True)
            config.write_text("step: 2m\n")
            assert requests.post(f"http://{address}/-/reload", timeout=5).status_code == 200
            wait_for(log, "configuration read again")
            assert "<dt>Step</dt><dd>2m</dd>" in requests.get(f"http://{address}/", timeout=5).text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def wait_for(log: Path, text: str, seconds: float = 10) -> str:
    """The word after `text` in the log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said = log.read_text()
        if text in said and said.endswith("\n"):
            return said.split(text, 1)[1].split()[0] if said.split(text, 1)[1].split() else ""
        time.sleep(0.05)
    raise AssertionError(f"{text!r} is not in the log: {log.read_text()}")


def test_an_address_in_use_is_one_line(silent_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        given = ("--prometheus.url", f"http://127.0.0.1:{silent_port}", "--web.listen-address", address)
        ended = subprocess.run(command(*given), capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("time=")]
    assert lines == [f"virtcast-forecaster: cannot listen on {address}: Address already in use"]
