"""The command line: flags, one-line errors, the pages; against libvirt's driver that needs no daemon."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from exporter import cli, exporter_metrics, reference
from exporter.collectors.registry import COLLECTORS
from exporter.flags import collectors, parser, settings
from exporter.snapshot.storage import POOLS, VOLUMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def running(*flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The exporter as a process, and its address."""
    command = [sys.executable, "-m", "exporter.cli", "--web.listen-address=127.0.0.1:0", *flags]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            address = None
            while address is None:
                line = process.stderr.readline()
                assert line, "ended before it listened"
                address = re.search(r"address(?:es)?=(127\.0\.0\.1:\d+)", line)
            yield f"http://{address[1]}", process
        finally:
            process.kill()


def get(url: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def post(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(holds: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    limit = time.monotonic() + 60
    while True:
        with suppress(urllib.error.HTTPError):
            if holds():
                return
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_ready_tells_whether_libvirt_was_reached_and_a_supervisor_does_not_fill_the_log(
    tmp_path: Path,
) -> None:
    with running(f"--libvirt.uri=qemu+unix:///system?socket={tmp_path}/none") as (address, process):
        for _ in range(20):
            with pytest.raises(urllib.error.HTTPError, match="503") as refused:
                get(f"{address}/-/ready")
            assert refused.value.read() == b"libvirt has not been reached; the log says why.\n"
            refused.value.close()
        assert get(f"{address}/-/healthy")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        told = [line for line in process.stderr.read().splitlines() if "/-/" in line]
    assert len(told) == 1
    assert "level=INFO" in told[0]
    assert "status=503" in told[0]


def test_pages_and_clean_shutdown() -> None:
    with running("--libvirt.uri=test:///default", "--domain.exclude=nothing") as (address, process):
        text = get(f"{address}/metrics")
        assert "\nlibvirt_up 1.0\n" in text
        assert 'libvirt_domain_state{domain="test",state="running"} 1.0' in text
        assert "healthy" in get(f"{address}/-/healthy")
        until(lambda: "ready" in get(f"{address}/-/ready"))
        assert "/metrics" in get(f"{address}/")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{address}/metric")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_domains_can_be_left_out_and_collectors_turned_off() -> None:
    flags = ("--libvirt.uri=test:///default", "--domain.include=other|nothing", "--no-collector.connection")
    with running(*flags) as (address, _):
        text = get(f"{address}/metrics")
        assert "libvirt_up 1.0" in text
        assert 'domain="test"' not in text
        assert "libvirt_versions_info" not in text
        assert 'libvirt_scrape_collector_success{collector="connection"}' not in text


def test_an_unreachable_libvirt_is_down_on_the_page_and_one_line_in_the_log(tmp_path: Path) -> None:
    uri = f"qemu+unix:///system?socket={tmp_path}/none"
    with running(f"--libvirt.uri={uri}") as (address, process):
        for _ in range(3):
            assert "\nlibvirt_up 0.0\n" in get(f"{address}/metrics")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        log = process.stderr.read()
        assert process.wait(10) == 0
    told = [line for line in log.splitlines() if "cannot open libvirt" in line]
    assert len(told) == 1
    assert "check that libvirtd (or virtqemud) is running" in told[0]
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--libvirt.connections=0"], "not a number from 1 to 16"),
        (["--libvirt.connections=17"], "not a number from 1 to 16"),
        (["--scrape.deadline=never"], "not a number of seconds"),
        (["--domain.include=["], "not a regular expression"),
        (["--collector.nothing"], "unrecognized arguments"),
        (["--compat=other"], "invalid choice"),
    ],
)
def test_wrong_flags_are_told_in_a_line(
    flags: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(flags)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_an_address_in_use_is_told_in_a_line() -> None:
    with running("--libvirt.uri=test:///default") as (address, _):
        taken = address.removeprefix("http://")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "exporter.cli", f"--web.listen-address={taken}"]
        second = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=30, check=False
        )
    assert second.returncode == 1
    assert taken in second.stderr
    assert "Traceback" not in second.stderr


def test_every_collector_has_its_flag_which_says_whether_it_is_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")  # no text is wrapped
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    without_flags = {one.name for one in collectors(parser("0").parse_args([]))}
    for one in COLLECTORS:
        usual = "on" if one.name in without_flags else "off"
        flags = f"--collector.{one.name}, --no-collector.{one.name}"
        assert f"{flags} {one.about} (default: {usual})" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert re.fullmatch(r"virtcast-exporter \S+\n", capsys.readouterr().out)


def test_the_reference_names_every_metric() -> None:
    document = reference.reference()
    for table in (exporter_metrics.METRICS, *(collector.metrics for collector in COLLECTORS)):
        for metric in table:
            assert f"| `{metric.name}` | {metric.kind} |" in document


def test_other_hosts_are_probed_by_their_aliases(tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    file.write_text(
        'targets:\n  test: {uri: "test:///default"}\n'
        f'  dead: {{uri: "qemu+unix:///system?socket={tmp_path}/none"}}\n'
    )
    with running("--libvirt.uri=test:///default", f"--config.file={file}") as (address, process):
        assert 'libvirt_connection_info{uri="test:///default"' in get(f"{address}/probe?target=test")
        assert "\nlibvirt_up 0.0\n" in get(f"{address}/probe?target=dead")
        for query, status in (("?target=other", "404"), ("?target=test:///default", "404"), ("", "400")):
            with pytest.raises(urllib.error.HTTPError, match=status):
                get(f"{address}/probe{query}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_an_exporter_of_targets_only_tells_of_itself_on_its_own_page(tmp_path: Path) -> None:
    """Nobody shall be woken because the machine it runs on has no libvirt."""
    file = tmp_path / "exporter.yml"
    dead = f"qemu+unix:///system?socket={tmp_path}/none"
    file.write_text(
        f'targets:\n  test: {{uri: "test:///default"}}\n  dead: {{uri: "{dead}"}}\nonly_targets: true\n'
    )
    with running(f"--libvirt.uri={dead}", f"--config.file={file}") as (address, process):
        assert "\nlibvirt_up 1.0\n" in get(f"{address}/probe?target=test")
        assert "\nlibvirt_up 0.0\n" in get(f"{address}/probe?target=dead")
        own = get(f"{address}/metrics")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read().count("cannot open libvirt") == 1  # the dead target, not --libvirt.uri
    shown = dict(line.rsplit(" ", 1) for line in own.splitlines() if not line.startswith("#"))
    assert "libvirt_up" not in shown
    assert (shown["libvirt_exporter_targets"], shown["libvirt_exporter_targets_open"]) == ("2.0", "2.0")
    assert shown['libvirt_exporter_probes_total{target="test"}'] == "1.0"
    assert float(shown["process_resident_memory_bytes"]) > 0
    assert {name.split("{")[0] for name in shown if not name.startswith("process_")} == {
        metric.name for metric in exporter_metrics.METRICS if metric is not exporter_metrics.CERTIFICATE
    }


def test_the_configuration_is_read_again_on_request(tmp_path: Path) -> None:
    """A bad file is told in one line and changes nothing; a good one is taken, by a signal, too."""
    file = tmp_path / "exporter.yml"
    file.write_text('targets:\n  one: {uri: "test:///default"}\n')
    flags = ("--libvirt.uri=test:///default", f"--config.file={file}", "--web.enable-lifecycle")
    with running(*flags) as (address, process):
        file.write_text("targts: {}\n")
        status, told = post(f"{address}/-/reload")
        assert (status, told.count("\n")) == (500, 1)
        assert f'{file}:1: unknown key "targts"' in told
        assert "libvirt_exporter_config_last_reload_successful 0.0" in get(f"{address}/metrics")
        assert "\nlibvirt_up 1.0\n" in get(f"{address}/probe?target=one")
        file.write_text('targets:\n  two: {uri: "test:///default"}\n')
        assert post(f"{address}/-/reload")[0] == 200
        assert "\nlibvirt_up 1.0\n" in get(f"{address}/probe?target=two")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{address}/probe?target=one")
        file.write_text('only_targets: true\ntargets:\n  two: {uri: "test:///default"}\n')
        assert "only_targets has changed: start the exporter again" in post(f"{address}/-/reload")[1]
        file.write_text('targets:\n  three: {uri: "test:///default"}\n')
        process.send_signal(signal.SIGHUP)
        until(lambda: "\nlibvirt_up 1.0\n" in get(f"{address}/probe?target=three"))
        assert "libvirt_exporter_config_last_reload_successful 1.0" in get(f"{address}/metrics")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_running_jobs_have_a_page_of_their_own() -> None:
    """It is there with the collector, and empty: the test driver has no jobs."""
    with running("--libvirt.uri=test:///default") as (address, _):
        assert get(f"{address}/metrics/jobs") == ""
    with (
        running("--libvirt.uri=test:///default", "--no-collector.job") as (address, _),
        pytest.raises(urllib.error.HTTPError, match="404"),
    ):
        get(f"{address}/metrics/jobs")


def test_without_the_flag_nobody_reloads_over_http() -> None:
    with running("--libvirt.uri=test:///default") as (address, _):
        status, told = post(f"{address}/-/reload")
    assert (status, "--web.enable-lifecycle" in told) == (403, True)


def test_without_targets_there_is_nothing_to_probe() -> None:
    with (
        running("--libvirt.uri=test:///default") as (address, _),
        pytest.raises(urllib.error.HTTPError, match="404"),
    ):
        get(f"{address}/probe?target=test:///default")


def test_a_wrong_configuration_is_told_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    file.write_text("target: {}\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "exporter.cli", f"--config.file={file}"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=False)
    assert run.returncode == 1
    told = 'unknown key "target"; known keys: targets, only_targets'
    assert run.stderr == f"virtcast-exporter: {file}:1: {told}\n"


@pytest.mark.parametrize(
    ("flags", "enabled"),
    [
        ([], set()),
        (["--compat=tinkoff"], {"compat-common", "compat-tinkoff"}),
        (["--compat=inovex"], {"compat-common", "compat-inovex"}),
        (["--compat=tinkoff", "--compat=inovex"], {"compat-common", "compat-tinkoff", "compat-inovex"}),
    ],
)
def test_names_of_other_exporters_are_added_on_request(flags: list[str], enabled: set[str]) -> None:
    wanted = {one.name for one in collectors(parser("0").parse_args(flags))}
    assert {name for name in wanted if name.startswith("compat")} == enabled
    assert {one.name for one in COLLECTORS if one.enabled} <= wanted


def test_the_source_is_asked_for_what_enabled_collectors_need() -> None:
    arguments = parser("0").parse_args(["--no-collector.pool", "--collector.volume"])
    needs = settings(arguments, collectors(arguments)).needs
    assert VOLUMES in needs
    assert POOLS not in needs
