"""The configuration file: what it may say, and one line with file and line for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter import config
from exporter.config import Config, Target, libvirt_uri
from exporter.flags import parser
from exporter.web.strict_yaml import ConfigError, loads


def read(text: str) -> Config:
    return loads(text, Config, Path("exporter.yml"))


def test_targets_by_alias() -> None:
    text = 'targets:\n  a: {uri: "qemu+tls://a/system"}\n  b-1: {uri: "qemu:///system", connections: 3}\n'
    assert read(text).targets == {
        "a": Target("qemu+tls://a/system", 2),
        "b-1": Target("qemu:///system", 3),
    }


def test_an_empty_file_has_no_targets() -> None:
    assert read("") == Config()


def test_the_documented_example_is_one() -> None:
    assert config.__doc__ is not None
    example = config.__doc__.split("\n\n", 1)[1]
    assert list(read(example).targets) == ["kvm1", "kvm2"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("target: {}", 'exporter.yml:1: unknown key "target"'),
        ("targets:\n  a: {url: x}", 'exporter.yml:2: unknown key "url"; known keys: uri, connections'),
        ("targets:\n  a: {}", 'exporter.yml:2: the key "uri" is missing'),
        ("targets:\n  a: {uri: kvm1}", "exporter.yml:2: expected a libvirt URI"),
        ('targets:\n  a: {uri: "qemu:///a b"}', "exporter.yml:2: expected a libvirt URI"),
        ('targets:\n  a: {uri: "qemu+tls://[kvm1/system"}', "exporter.yml:2: expected a libvirt URI"),
        ('targets:\n  a: {uri: "qemu+tls://kvm1]/system"}', "exporter.yml:2: expected a libvirt URI"),
        ('targets:\n  a: {uri: "qemu+tcp://kvm1:port/system"}', "exporter.yml:2: expected a libvirt URI"),
        ('targets:\n  a: {uri: "qemu+tcp://kvm1:99999/system"}', "exporter.yml:2: expected a libvirt URI"),
        (
            'targets:\n  a: {uri: "qemu:///x", connections: 0}',
            "exporter.yml:2: connections: expected a number",
        ),
        ("only_targets: true", "only_targets without targets"),
        ('targets:\n  "a b": {uri: "qemu:///x"}', "an alias may contain letters"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as failed:
        read(text)
    assert told in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu+unix:///system?socket=/run/libvirt/virtqemud-sock-ro",
        "qemu+ssh://monitor@kvm2.example:2222/system?no_tty=1&keyfile=/etc/key",
        "qemu+tls://[2001:db8::7]:16514/system",
        "qemu+libssh2://kvm1/session",
        "test:///default",
        "xen:///",
    ],
)
def test_what_libvirt_takes_is_taken(uri: str) -> None:
    assert libvirt_uri(uri) == uri


@pytest.mark.parametrize(
    "uri", ["", "kvm1/system", "qemu+tls://[kvm1/system", "qemu+tcp://u:secret/1@kvm1/system"]
)
def test_a_uri_on_the_command_line_is_checked_too(uri: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser("1").parse_args([f"--libvirt.uri={uri}"])
    told = capsys.readouterr().err.splitlines()[-1]
    assert "argument --libvirt.uri: expected a libvirt URI" in told
    assert "secret" not in told


def test_a_name_that_libvirt_conf_gives_a_uri_is_taken_on_the_command_line() -> None:
    assert parser("1").parse_args(["--libvirt.uri=kvm1"]).libvirt_uri == "kvm1"


def test_the_number_of_targets_is_bounded() -> None:
    rows = [f'  t{n}: {{uri: "qemu://h{n}/system"}}\n' for n in range(config.MOST_TARGETS + 1)]
    assert len(read("targets:\n" + "".join(rows[:-1])).targets) == config.MOST_TARGETS
    with pytest.raises(ConfigError, match="more than 100 targets"):
        read("targets:\n" + "".join(rows))
