"""The configuration in force, as text for people: `check-config`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.config.durations import written
from forecaster.config.headers import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.config.bounds import Override
    from forecaster.config.model import Backend, Config
    from forecaster.config.resource import Resource

TIMES = ("step", "day", "lookback", "settle", "stale_after", "gone_after", "forget_after")


def summary(config: Config) -> str:
    """All of it, secrets by their files only."""
    timeout, retries = written(config.backend.timeout), config.backend.retries
    lines = [f"prometheus: {config.backend.url} (timeout {timeout}, {retries} retries)"]
    lines += _access(config.backend)
    lines += [f"{name}: {written(getattr(config, name))}" for name in TIMES]
    lines.append(f"shard: {config.shard.index}/{config.shard.count}")
    if config.replica:
        lines.append(f"replica: {config.replica}")
    if config.prices.known:
        lines.append(f"prices: in {config.prices.currency}")
    if config.shared_storage:
        lines.append(f"shared storage: {', '.join(config.shared_storage)}")
    lines.append(f"resources: {len(config.resources)}")
    for resource in config.resources:
        lines += _resource(resource)
    return "\n".join(lines) + "\n"


def _access(backend: Backend) -> Iterator[str]:
    if backend.username is not None:
        yield f"  basic auth: {backend.username}, password from {backend.password_file}"
    if backend.credentials_file is not None:
        yield f"  authorization: {backend.credentials_type}, credentials from {backend.credentials_file}"
    if backend.ca_file is not None:
        yield f"  CA: {backend.ca_file}"
    if backend.cert_file is not None:
        yield f"  client certificate: {backend.cert_file}"
    if backend.insecure_skip_verify:
        yield "  certificate of the server: not verified"
    if backend.proxy_url is not None:
        yield f"  proxy: {backend.proxy_url}"
    if backend.remote_write_url is not None:
        yield f"  fast scores are pushed to: {backend.remote_write_url}"
    for name, value in backend.headers:
        yield f"  header {name}: {'<secret>' if is_secret(name) else value}"
    for name, values in backend.params:
        yield f"  parameter {name}: {', '.join(values)}"


def _resource(resource: Resource) -> Iterator[str]:
    yield f"  {resource.name}: {' '.join(resource.query.split())}"
    asked = f", or what this gives: {' '.join(resource.limit_query.split())}" if resource.limit_query else ""
    side = "lower limit" if resource.falls else "limit"
    yield f"    {side} {_limit(resource.limit)}{asked}; alert from probability {resource.threshold:g}"
    threshold, least = resource.anomaly_threshold, resource.min_deviation
    dial = resource.sensitivity_query
    divided = f", divided by what this gives: {' '.join(dial.split())}" if dial else ""
    yield f"    anomaly threshold {threshold:g}{divided}; minimum deviation {least:g}"
    yield f"    horizons {', '.join(each.label for each in resource.horizons)}"
    if resource.step:
        yield f"    step {written(resource.step)}"
    if resource.fast:
        newest = " ".join((resource.fast_query or resource.query).split())
        yield f"    newest samples every {written(resource.fast)}: {newest}"
    if resource.publish == "full":
        yield "    every horizon, reason and bound is published"
    if resource.follow:
        yield f"    follows a series when {', '.join(resource.follow)} changes"
    if resource.counters:
        yield f"    counts the resets of {', '.join(resource.counters)}"
    yield f"    at most {resource.max_series} series, {resource.max_series_per_vm} of one VM"
    for override in resource.overrides:
        yield f"    override {_override(override)}"


def _limit(limit: float) -> str:
    return "none" if math.isinf(limit) else f"{limit:g}"


def _override(override: Override) -> str:
    changes = {
        "limit": None if override.limit is None else _limit(override.limit),
        "threshold": override.threshold,
        "anomaly_threshold": override.anomaly_threshold,
        "min_deviation": override.min_deviation,
    }
    said = ", ".join(f"{name} {value}" for name, value in changes.items() if value is not None)
    return f"{{{', '.join(each.text for each in override.matchers)}}}: {said or 'nothing changes'}"
