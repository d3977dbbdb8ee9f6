"""The configuration file: what may stand in it, and how it lies over the defaults. Every mistake names its
line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping  # noqa: TC003 (the file's types are read at run time)
from dataclasses import dataclass, field, fields, replace
from pathlib import Path  # noqa: TC003 (as above)
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from exporter.web.strict_yaml import ConfigError, load
from forecaster.config.bounds import BOUNDS, Override
from forecaster.config.durations import Horizon, horizon, seconds
from forecaster.config.expression import expression
from forecaster.config.headers import check as check_header
from forecaster.config.matcher import Matcher
from forecaster.config.model import Backend, Config
from forecaster.config.prices import Prices
from forecaster.config.resource import Display, Resource
from forecaster.config.resources import RESOURCES

OWN_PARAMS = frozenset({"query", "time", "start", "end", "step", "timeout"})
_SCHEME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # of authentication, a token of RFC 9110


def backend_url(text: str) -> str:
    """An address such as http://prometheus:9090, with a path where the API is not at the root."""
    parts = _address(text, "this is no address of a backend: write http://HOST:PORT or https://HOST/PATH")
    if parts.query or parts.fragment:
        raise ValueError(
            "an address must end with its path: no ? and no #; prometheus.params adds parameters"
        )
    return text.rstrip("/").removesuffix("/api/v1")


def proxy_url(text: str) -> str:
    """The address of an HTTP proxy, such as http://proxy:3128."""
    _address(text, "this is no address of a proxy: write http://HOST:PORT")
    return text


def write_url(text: str) -> str:
    """The whole address that takes remote writes, such as http://prometheus:9090/api/v1/write."""
    _address(text, "this is no address for remote writes: write http://HOST:PORT/api/v1/write")
    return text


def _address(text: str, otherwise: str) -> SplitResult:
    """The parts of an http address. Raises a ValueError without the text: it may hold a password."""
    if "@" in text:  # wherever: a password may hold a slash
        raise ValueError("an address must not hold credentials: use basic_auth with a password_file")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or " " in text:
        raise ValueError(otherwise)
    return parts


def scheme(text: str) -> str:
    """The name of an authentication scheme, such as Bearer."""
    if not _SCHEME.fullmatch(text):
        raise ValueError("expected an authentication scheme, such as Bearer")
    return text


def user_name(text: str) -> str:
    """A user of basic authentication."""
    if ":" in text or not text.isprintable():
        raise ValueError("a user name must not hold a colon or control characters")
    return text


def limit(text: str) -> float:
    """A limit: 0.9, 90% or none (infinite)."""
    if text == "none":
        return math.inf
    match = re.fullmatch(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(%?)", text, re.ASCII)
    if match is None:
        raise ValueError("expected a limit: a number, a percentage such as 90%, or none")
    return float(match[1]) / (100 if match[2] else 1)


def size(text: str) -> int:
    """Bytes: 1000000, 64MiB, 1GiB."""
    match = re.fullmatch(r"(\d+)\s*(B|KiB|MiB|GiB)?", text)
    if match is None or int(match[1]) == 0:
        raise ValueError("expected a size, such as 64MiB or 1GiB")
    return int(match[1]) << {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[match[2] or "B"]


@dataclass(frozen=True)
class BasicAuth:
    """Prometheus' basic_auth, without its inline password."""

    username: Annotated[str, user_name]
    password_file: Path


@dataclass(frozen=True)
class Authorization:
    """Prometheus' authorization, without its inline credentials."""

    credentials_file: Path
    type: Annotated[str, scheme] = "Bearer"


@dataclass(frozen=True)
class TlsConfig:
    """Prometheus' tls_config."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    insecure_skip_verify: bool = False

    def __post_init__(self) -> None:
        if self.key_file and not self.cert_file:
            raise ValueError("key_file needs a cert_file")


@dataclass(frozen=True)
class BackendSection:
    """The key `prometheus`."""

    url: Annotated[str, backend_url] = Backend.url
    timeout: Annotated[int, seconds] = Backend.timeout
    retries: int = Backend.retries
    max_response_bytes: Annotated[int, size] = Backend.max_response_bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    proxy_url: Annotated[str, proxy_url] | None = None
    remote_write: Annotated[str, write_url] | None = None
    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    tls_config: TlsConfig = field(default_factory=TlsConfig)

    def __post_init__(self) -> None:
        if self.basic_auth and self.authorization:
            raise ValueError("prometheus takes basic_auth or authorization, not both")
        for name, value in self.headers.items():
            check_header(name, value)
        for name in OWN_PARAMS & self.params.keys():
            raise ValueError(f"the forecaster sets the parameter {name} itself")
        if not 0 <= self.retries <= 10:
            raise ValueError("retries must lie between 0 and 10")

    def resolved(self) -> Backend:
        """The backend these keys describe."""
        basic, bearer, tls = self.basic_auth, self.authorization, self.tls_config
        return Backend(
            url=self.url,
            timeout=self.timeout,
            retries=self.retries,
            max_response_bytes=self.max_response_bytes,
            headers=tuple(self.headers.items()),
            params=tuple(self.params.items()),
            proxy_url=self.proxy_url,
            remote_write_url=self.remote_write,
            username=basic.username if basic else None,
            password_file=basic.password_file if basic else None,
            credentials_type=bearer.type if bearer else Backend.credentials_type,
            credentials_file=bearer.credentials_file if bearer else None,
            ca_file=tls.ca_file,
            cert_file=tls.cert_file,
            key_file=tls.key_file,
            insecure_skip_verify=tls.insecure_skip_verify,
        )


@dataclass(frozen=True)
class OverrideSection:
    """An entry of `overrides`."""

    matchers: tuple[Annotated[Matcher, Matcher.parse], ...]
    limit: Annotated[float, limit] | None = None
    threshold: float | None = None
    anomaly_threshold: float | None = None
    min_deviation: float | None = None

    def __post_init__(self) -> None:
        if not self.matchers:
            raise ValueError("matchers is empty: an override says which series it is for")
        self.resolved()

    def resolved(self) -> Override:
        """The override these keys describe."""
        return Override(self.matchers, *(getattr(self, name) for name in BOUNDS))


@dataclass(frozen=True)
class ResourceSection:
    """An entry of `resources`; what is left out stays as it is built in."""

    enabled: bool = True
    query: Annotated[str, expression] | None = None
    limit: Annotated[float, limit] | None = None
    limit_query: Annotated[str, expression] | None = None
    sensitivity_query: Annotated[str, expression] | None = None
    limit_side: Literal["upper", "lower"] | None = None
    threshold: float | None = None
    anomaly_threshold: float | None = None
    min_deviation: float | None = None
    horizons: tuple[Annotated[Horizon, horizon], ...] | None = None
    overrides: tuple[OverrideSection, ...] | None = None
    follow: tuple[str, ...] | None = None
    lowest: float | None = None
    highest: float | None = None
    max_series: int | None = None
    max_series_per_vm: int | None = None
    display: Display | None = None
    publish: Literal["lean", "full"] | None = None
    step: Annotated[int, seconds] | None = None
    fast: Annotated[int, seconds] | None = None
    fast_query: Annotated[str, expression] | None = None
    counters: tuple[Annotated[str, expression], ...] | None = None

    def __post_init__(self) -> None:
        self.over(Resource("any", "any"))  # so that a wrong value is told with this entry's line
        if self.limit_side == "lower" and self.limit is None:
            raise ValueError("a lower limit must be stated: limit (none, where limit_query gives them all)")

    def over(self, resource: Resource) -> Resource:
        """The resource with these keys over it."""
        names = {each.name for each in fields(Resource)} - {"name", "overrides"}
        changes = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.overrides is not None:
            changes["overrides"] = tuple(each.resolved() for each in self.overrides)
        return replace(resource, **changes)


@dataclass(frozen=True)
class ConfigFile:
    """The whole file."""

    prometheus: BackendSection = field(default_factory=BackendSection)
    step: Annotated[int, seconds] = Config.step
    day: Annotated[int, seconds] = Config.day
    lookback: Annotated[int, seconds] | None = None
    settle: Annotated[int, seconds] | None = None
    stale_after: Annotated[int, seconds] | None = None
    gone_after: Annotated[int, seconds] | None = None
    forget_after: Annotated[int, seconds] | None = None
    replica: str = Config.replica
    prices: Prices = field(default_factory=Prices)
    shared_storage: tuple[str, ...] = Config.shared_storage
    resources: Mapping[str, ResourceSection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "" in self.shared_storage:
            raise ValueError("shared_storage takes names of storage pools, and folders such as /mnt/nfs")
        self.resolved()  # so that what does not fit together is told with the file's name

    def resolved(self) -> Config:
        """The configuration these keys describe."""
        others = {"prometheus", "replica", "prices", "shared_storage", "resources"}
        own = {each.name for each in fields(ConfigFile)} - others
        times = {name: getattr(self, name) for name in own if getattr(self, name) is not None}
        config = Config.of(self.prometheus.resolved(), resources(self.resources), **times)
        return replace(config, replica=self.replica, prices=self.prices, shared_storage=self.shared_storage)


def resources(sections: Mapping[str, ResourceSection]) -> tuple[Resource, ...]:
    """The built-in resources with the file's over them, then the file's own; none that is disabled."""
    known = {resource.name: resource for resource in RESOURCES}
    for name, section in sections.items():
        if name not in known:
            if section.query is None:
                raise ValueError(f'the resource "{name}" needs a query: it is none of {", ".join(known)}')
            known[name] = Resource(name, section.query)
        known[name] = section.over(known[name])
    return tuple(known[name] for name in known if name not in sections or sections[name].enabled)


def read(path: Path | None) -> Config:
    """The configuration of a file, or the built-in one; raises ConfigError, one line."""
    return Config.of(Backend(), RESOURCES) if path is None else load(path, ConfigFile).resolved()


__all__ = ["ConfigError", "read"]
