"""The flags by their exporter-toolkit names."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from exporter.web.flags import add_log_flags, add_web_flags


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_web_flags(parser, default_address=":9178")
    add_log_flags(parser)
    return parser.parse_args(words)


def test_defaults() -> None:
    assert vars(parse()) == {
        "web_listen_address": (":9178",),
        "web_telemetry_path": "/metrics",
        "web_config_file": None,
        "web_access_log": False,
        "web_enable_lifecycle": False,
        "web_systemd_socket": False,
        "log_level": "info",
        "log_format": "logfmt",
    }


def test_listen_address_repeats_and_replaces_the_default() -> None:
    words = ("--web.listen-address=127.0.0.1:1", "--web.listen-address", "[::1]:2")
    assert parse(*words).web_listen_address == ("127.0.0.1:1", "[::1]:2")
    assert parse().web_listen_address == (":9178",)


def test_values() -> None:
    parsed = parse(
        "--web.config.file=web.yml", "--web.telemetry-path=/m", "--log.level=warn", "--log.format=json"
    )
    assert parsed.web_config_file == Path("web.yml")
    assert (parsed.web_telemetry_path, parsed.log_level, parsed.log_format) == ("/m", "warn", "json")


@pytest.mark.parametrize(
    "word",
    [
        "--web.listen-address=9177",
        "--web.listen-address=:99999",
        "--web.telemetry-path=metrics",
        "--web.telemetry-path=/",
        "--web.telemetry-path=/{name}",
        "--web.telemetry-path=/a b",
        "--web.telemetry-path=/%41",
        "--log.level=loud",
        "--log.format=xml",
    ],
)
def test_wrong_values_are_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(word)
    assert f"argument {word.partition('=')[0]}: " in capsys.readouterr().err
