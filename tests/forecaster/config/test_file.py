"""The configuration file: what it may say, what it means, and where a mistake is."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecaster.config import file as config_file
from forecaster.config.durations import horizon, seconds, written
from forecaster.config.example import FURTHER
from forecaster.config.file import (
    Authorization,
    BackendSection,
    BasicAuth,
    ConfigError,
    ConfigFile,
    OverrideSection,
    ResourceSection,
    TlsConfig,
    backend_url,
    limit,
    read,
    size,
)
from forecaster.config.model import Config, Shard
from forecaster.config.resources import RESOURCES
from forecaster.config.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.config.resource import Resource

EXAMPLE = Path(config_file.__file__).parent.with_name("virtcast.yml")


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Config]:
    def load(text: str) -> Config:
        (tmp_path / "virtcast.yml").write_text(text)
        return read(tmp_path / "virtcast.yml")

    return load


def resource(config: Config, name: str) -> Resource:
    return next(each for each in config.resources if each.name == name)


def test_without_a_file_everything_is_built_in() -> None:
    config = read(None)
    assert config.resources == RESOURCES
    assert (config.step, config.day, config.lookback) == (300, 86_400, 28 * 86_400)
    assert [each.label for each in resource(config, "vm_filesystem").horizons] == [
        "15m",
        "1h",
        "24h",
        "7d",
        "30d",
    ]


def test_an_empty_file_changes_nothing(config: Callable[[str], Config]) -> None:
    assert config("# nothing\n").resources == RESOURCES


def test_what_follows_from_step_and_day(config: Callable[[str], Config]) -> None:
    fast = config("step: 2s\nday: 4m\nresources: {vm_cpu: {horizons: [10s, 40s]}}\n")
    assert (fast.lookback, fast.settle, fast.stale_after, fast.gone_after) == (28 * 240, 0, 6, 240)
    assert [each.seconds for each in resource(fast, "vm_cpu").horizons] == [10, 40]


def test_one_field_of_a_built_in_resource(config: Callable[[str], Config]) -> None:
    loaded = config("resources:\n  vm_cpu:\n    limit: 80%\n")
    assert resource(loaded, "vm_cpu").limit == 0.8
    before = {each.name: each for each in RESOURCES}
    assert resource(loaded, "vm_cpu").query == before["vm_cpu"].query
    assert resource(loaded, "vm_memory") == before["vm_memory"]


def test_every_field_of_an_own_resource(config: Callable[[str], Config]) -> None:
    loaded = config("""
resources:
  store:
    query: pool:utilization:ratio
    limit: none
    limit_query: 1 - pool:reserve:ratio
    sensitivity_query: pool:dial:ratio
    counters: [pool_writes_total]
    threshold: 0.7
    anomaly_threshold: 1.5
    min_deviation: 0.03
    horizons: [1h, 7d]
    follow: [node]
    max_series: 12
    overrides:
      - matchers: ['pool=~"ssd.*"', 'instance="h1"']
        limit: 0.8
        threshold: 0.6
        anomaly_threshold: 2
        min_deviation: 0.1
""")
    pool = resource(loaded, "store")
    assert (pool.query, pool.limit, pool.limit_query) == (
        "pool:utilization:ratio",
        math.inf,
        "1 - pool:reserve:ratio",
    )
    assert pool.sensitivity_query == "pool:dial:ratio"
    assert pool.counters == ("pool_writes_total",)
    assert "counts the resets of pool_writes_total\n" in summary(loaded)
    assert (pool.threshold, pool.anomaly_threshold, pool.min_deviation) == (0.7, 1.5, 0.03)
    assert pool.horizons == (horizon("1h"), horizon("7d"))
    assert (pool.follow, pool.max_series) == (("node",), 12)
    (override,) = pool.overrides
    assert [matcher.label for matcher in override.matchers] == ["pool", "instance"]
    changed = (override.limit, override.threshold, override.anomaly_threshold, override.min_deviation)
    assert changed == (0.8, 0.6, 2, 0.1)
    assert len(loaded.resources) == len(RESOURCES) + 1


def test_storage_that_all_hosts_have(config: Callable[[str], Config]) -> None:
    assert config("").shared_storage == ()
    found = config("shared_storage: [images, /mnt/nfs]\n")
    assert found.shared_storage == ("images", "/mnt/nfs")
    assert "shared storage: images, /mnt/nfs\n" in summary(found)
    with pytest.raises(ConfigError, match="shared_storage takes names of storage pools"):
        config('shared_storage: [""]\n')


def test_a_disabled_resource_is_left_out(config: Callable[[str], Config]) -> None:
    names = [each.name for each in config("resources: {vm_cpu: {enabled: false}}").resources]
    assert "vm_cpu" not in names
    assert len(names) == len(RESOURCES) - 1


def test_every_key_of_the_backend(config: Callable[[str], Config], tmp_path: Path) -> None:
    backend = config("""
prometheus:
  url: https://mimir.test/prometheus/
  timeout: 1m
  retries: 2
  max_response_bytes: 64MiB
  headers: {X-Scope-OrgID: team-a}
  params: {dedup: ["true"], "replicaLabels[]": [a, b]}
  basic_auth: {username: ops, password_file: secrets/password}
  tls_config: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem, insecure_skip_verify: true}
""").backend
    assert (backend.url, backend.timeout, backend.retries) == ("https://mimir.test/prometheus", 60, 2)
    assert backend.max_response_bytes == 64 << 20
    assert backend.headers == (("X-Scope-OrgID", "team-a"),)
    assert backend.params == (("dedup", ("true",)), ("replicaLabels[]", ("a", "b")))
    assert (backend.username, backend.password_file) == ("ops", tmp_path / "secrets/password")
    assert (backend.ca_file, backend.cert_file, backend.key_file) == tuple(
        tmp_path / name for name in ("ca.pem", "c.pem", "k.pem")
    )
    assert backend.insecure_skip_verify
    bearer = config("prometheus: {authorization: {credentials_file: /run/token}}").backend
    assert (bearer.credentials_type, str(bearer.credentials_file)) == ("Bearer", "/run/token")


MISTAKES = [
    ("stp: 5m\n", 1, 'unknown key "stp"'),
    ("step: 5m\nresources:\n  vm_cpu:\n    limt: 1\n", 4, 'unknown key "limt"'),
    ("step: 5 minutes\n", 1, "is no duration"),
    ("step: 0s\n", 1, "is no duration"),
    ("step: 5m\nresources:\n  vm_cpu: {limit: high}\n", 3, "expected a limit"),
    ("resources:\n  vm_cpu:\n    limit: nan\n", 3, "expected a limit"),
    ("resources:\n  vm_cpu:\n    threshold: 1.5\n", 3, "threshold is a probability"),
    (
        "resources:\n  vm_cpu:\n    anomaly_threshold: 0\n",
        3,
        "anomaly_threshold must be more than 0, and finite",
    ),
    ("resources:\n  vm_cpu:\n    min_deviation: -1\n", 3, "min_deviation must be 0 or more, and finite"),
    ("resources:\n  vm_cpu:\n    lowest: 1\n    highest: 1\n", 3, "lowest must be below highest"),
    ("resources:\n  vm_cpu:\n    max_series: 0\n", 3, "max_series must be at least 1"),
    ("resources:\n  vm_cpu:\n    counters: ['rate(a[5m])']\n", 3, "counters lists selectors"),
    ("resources:\n  vm_cpu:\n    horizons: [1h, 15m]\n", 3, "horizons must ascend"),
    ("resources:\n  vm_cpu:\n    horizons: [1h, 60m]\n", 3, "horizons must ascend"),
    ("resources:\n  vm_cpu:\n    horizons: []\n", 3, "horizons must ascend"),
    ("resources:\n  vm_cpu:\n    query: ''\n", 3, "query is empty"),
    ("resources:\n  vm_cpu:\n    follow: ['a b']\n", 3, "names of labels"),
    ("resources:\n  vm_cpu:\n    follow: ['']\n", 3, "names of labels"),
    ("resources:\n  vm_cpu:\n    overrides:\n      - matchers: [web]\n", 4, "is no matcher"),
    ("resources:\n  vm_cpu:\n    overrides:\n      - limit: 1\n", 4, '"matchers" is missing'),
    (
        "resources:\n  vm_cpu:\n    overrides:\n      - {matchers: ['a=\"b\"'], threshold: 2}\n",
        4,
        "is a probability",
    ),
    ("resources:\n  vm_cpu: {limit: 1, limit_side: below}\n", 2, "lower"),
    ("resources:\n  vm_cpu:\n    limit_side: lower\n", 3, "a lower limit must be stated"),
    ("resources:\n  mine: {limit: 1}\n", 1, 'the resource "mine" needs a query'),
    ("resources:\n  my-own: {query: x}\n", 1, '"my-own" is no name of a resource'),
    (f"resources:\n  {'a' * 101}: {{query: x}}\n", 1, "100 at most"),
    ("resources:\n  vm_cpu: {fast: 10m}\n", 1, "fast of vm_cpu is longer than its step"),
    ("resources:\n  vm_cpu: {fast_query: x}\n", 2, "fast_query needs fast"),
    ("resources:\n  vm_cpu: {threshold: .nan}\n", 2, "expected a number, not one that is not finite"),
    ("resources:\n  q: {query: x, display: {unit: m}}\n", 2, 'expected one of "", seconds'),
    ("lookback: 101y\n", 1, "'101y' is too long: 100y at most"),
    ("prometheus: {timeout: 99999999999y}\n", 1, "'99999999999y' is too long"),
    ("prometheus:\n  url: prometheus:9090\n", 2, "is no address of a backend"),
    ("prometheus:\n  url: http://me:secret@p:9090\n", 2, "must not hold credentials"),
    ("prometheus:\n  url: http://me:secret@/x@p:9090\n", 2, "must not hold credentials"),
    ("prometheus:\n  url: http://me:se/cret@p:9090\n", 2, "must not hold credentials"),
    ("prometheus:\n  url: http://me:secret\n", 2, "is no address of a backend"),
    ("prometheus:\n  url: http://secret\u2100:1\n", 2, "is no address of a backend"),
    ("prometheus:\n  proxy_url: http://me:secret@p:3128\n", 2, "must not hold credentials"),
    ("prometheus:\n  proxy_url: http://p:secret\n", 2, "is no address of a proxy"),
    ('prometheus:\n  headers: {X-Token: "a\\nsecret"}\n', 2, "X-Token has characters that cannot be sent"),
    ("prometheus:\n  headers: {X-Token: sécret}\n", 2, "X-Token has characters that cannot be sent"),
    ("prometheus:\n  headers: {X Token: secret}\n", 2, "a name has characters"),
    ("prometheus:\n  authorization: {type: Bearer secret, credentials_file: t}\n", 2, "such as Bearer"),
    ("prometheus:\n  basic_auth: {username: 'me:secret', password_file: t}\n", 2, "a colon"),
    ("prometheus: *secret\n", 1, "found undefined alias"),
    ("prometheus: {timeout: !secret!x 5s}\n", 1, "undefined tag handle"),
    ("'$2b$secret/hash': x\n", 1, "unknown key"),
    ("prometheus:\n  password: x\n", 2, 'unknown key "password"'),
    ("prometheus:\n  headers: {Authorization: Bearer x}\n", 2, "is a secret"),
    ("prometheus:\n  params: {timeout: [1s]}\n", 2, "sets the parameter timeout itself"),
    ("prometheus:\n  url: http://p:9090/?dedup=true\n", 2, "prometheus.params adds parameters"),
    ("prometheus:\n  retries: 99\n", 2, "retries must lie"),
    ("prometheus:\n  tls_config: {key_file: k}\n", 2, "key_file needs a cert_file"),
    ("prometheus:\n  timeout: [1]\n", 2, "expected a value"),
    ("step: 1m\nsettle: 1m\n", 1, "settle must be shorter"),
    ("step: 1h\n", 1, "the horizon 15m of vm_cpu is shorter than a step"),
    ("stale_after: 1m\n", 1, "stale_after must be at least a step"),
    ("day: 5m\n", 1, "day must be at least two steps"),
    ("lookback: 1m\n", 1, "lookback must be at least a step"),
    ("step: [\n", 2, ""),
]


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_line(
    config: Callable[[str], Config], text: str, line: int, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        config(text)
    assert re.match(rf".*/virtcast\.yml:{line}: ", str(raised.value)), raised.value
    assert message in str(raised.value)
    told = str(raised.value).partition(".yml:")[2].replace("is a secret", "")
    assert not re.search("secret|sécret", told)
    assert "\n" not in str(raised.value)


def test_both_ways_to_log_in_are_one_too_many(config: Callable[[str], Config]) -> None:
    both = "prometheus: {basic_auth: {username: a, password_file: p}, authorization: {credentials_file: c}}"
    with pytest.raises(ConfigError, match="not both"):
        config(both)


def test_everything_disabled_is_a_mistake(config: Callable[[str], Config]) -> None:
    off = "".join(f"  {each.name}: {{enabled: false}}\n" for each in RESOURCES)
    with pytest.raises(ConfigError, match="nothing to forecast"):
        config("resources:\n" + off)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: No such file"):
        read(tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("text", "total"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("14d", 1_209_600), ("2w", 1_209_600), ("1y", 31_536_000)],
)
def test_durations(text: str, total: int) -> None:
    assert seconds(text) == total
    assert horizon(text) == (text, total)


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "-5m", "1.5h", "5m1h", "0s", "1000ms"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)


@pytest.mark.parametrize("total", [1, 59, 60, 300, 3661, 86_400, 90_000, 2_592_000])
def test_written_durations_read_back(total: int) -> None:
    assert seconds(written(total)) == total


def test_a_lower_limit(config: Callable[[str], Config]) -> None:
    loaded = config("resources:\n  free: {query: vm_free_bytes, limit: 0, limit_side: lower}\n")
    assert resource(loaded, "free").falls
    assert not resource(loaded, "vm_cpu").falls
    assert "lower limit 0;" in summary(loaded)


def test_what_is_in_force_is_shown(config: Callable[[str], Config]) -> None:
    told = summary(
        config(
            "prometheus: {proxy_url: http://proxy:3128}\n"
            "resources: {vm_cpu: {fast: 2s, fast_query: cpu, step: 1m, publish: full}}\n"
        )
    )
    for line in (
        "  proxy: http://proxy:3128\n",
        "    step 1m\n",
        "    newest samples every 2s: cpu\n",
        "    every horizon, reason and bound is published\n",
    ):
        assert told.count(line) == 1


def test_limits_sizes_addresses_and_shards() -> None:
    assert (limit("90%"), limit("0.95"), limit("none"), limit("2e9")) == (0.9, 0.95, math.inf, 2e9)
    assert (size("1000"), size("2 KiB"), size("1GiB")) == (1000, 2048, 1 << 30)
    assert backend_url("http://p:9090/api/v1/") == "http://p:9090"
    assert Shard.parse("2/3") == Shard(2, 3)
    for text in ("0/3", "4/3", "1", "a/b", "-1/2"):
        with pytest.raises(ValueError, match="is no shard"):
            Shard.parse(text)
    for text in ("0", "1MB", "x"):
        with pytest.raises(ValueError, match="expected a size"):
            size(text)


@pytest.mark.parametrize(
    ("query", "limit", "shares"),
    [
        ("vm:cpu_utilization:ratio", "0.9", True),
        ("1 - node_free_ratio{job='x'}", "none", True),
        ("100 * vm:cpu_utilization:ratio", "90", False),
        ("vm:disk_latency:seconds", "none", False),
        ("vm:ratios:seconds", "0.5", False),
    ],
)
def test_shares_of_one_are_known_by_their_names(
    config: Callable[[str], Config], query: str, limit: str, shares: bool
) -> None:
    loaded = config(f'resources:\n  mine: {{query: "{query}", limit: {limit}}}\n')
    assert resource(loaded, "mine").shares is shares


def test_the_example_says_what_is_built_in() -> None:
    assert read(EXAMPLE) == read(None)


def test_the_example_names_every_key() -> None:
    text = EXAMPLE.read_text()
    for section in (
        ConfigFile,
        BackendSection,
        BasicAuth,
        Authorization,
        TlsConfig,
        ResourceSection,
        OverrideSection,
    ):
        for each in fields(section):
            assert re.search(rf"\b{each.name}:", text), f"{section.__name__}: {each.name}"


def test_what_is_commented_out_in_the_example_is_right_as_well(config: Callable[[str], Config]) -> None:
    text = re.sub(
        r"^#( +(- )?(\w+_auth|tls_config|\w+_query|fast|matchers|vm_\w+|\w*limit|\w*threshold"
        r"|min_deviation):)",
        r" \1",
        EXAMPLE.read_text(),
        flags=re.MULTILINE,
    )
    loaded = config(text)
    (override,) = resource(loaded, "vm_cpu").overrides
    assert (override.limit, override.threshold, override.anomaly_threshold, override.min_deviation) == (
        math.inf,
        0.8,
        2,
        0.3,
    )
    assert resource(loaded, "vm_cpu").limit_query == resource(config(""), "vm_cpu").limit_query
    for name, query, _ in FURTHER:
        assert resource(loaded, name).query == query
    assert (loaded.backend.username, loaded.backend.insecure_skip_verify) == ("virtcast", False)


def test_check_config_shows_tenants_and_hides_other_headers(config: Callable[[str], Config]) -> None:
    shown = summary(config("prometheus:\n  headers: {X-Scope-OrgID: team-a, X-Auth-Token: canary}\n"))
    assert "  header X-Scope-OrgID: team-a\n" in shown
    assert "  header X-Auth-Token: <secret>\n" in shown
    assert "canary" not in shown
