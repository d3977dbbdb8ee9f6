"""The forecaster's configuration: frozen, resolved, with the resources every installation has built in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from forecaster.durations import Horizon, horizon

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.series import Labels

DAY = 86_400


@dataclass(frozen=True)
class Backend:
    """What speaks PromQL. Secrets come from files only; a file is read again for each request."""

    url: str = "http://127.0.0.1:9090"
    timeout: int = 30  # seconds for one request, answer included
    retries: int = 3
    max_response_bytes: int = 256 << 20
    headers: tuple[tuple[str, str], ...] = ()
    username: str | None = None
    password_file: Path | None = None
    credentials_type: str = "Bearer"
    credentials_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    insecure_skip_verify: bool = False


_MATCHER = re.compile(r'\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*')


@dataclass(frozen=True)
class Matcher:
    """One condition on a label, as in PromQL and Alertmanager: name="v", !=, =~ and !~ (anchored)."""

    text: str
    label: str
    negated: bool
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> Matcher:
        """The matcher of `text`; ValueError when it is none."""
        match = _MATCHER.fullmatch(text)
        if match is None:
            raise ValueError(f'{text!r} is no matcher: write one as label="value" or label=~"regex"')
        label, operator, value = match.groups()
        value = (
            re.sub(r"\\(.)", r"\1", value)
            if "~" not in operator
            else value.replace(r"\"", '"').replace(r"\\", "\\")
        )
        try:
            pattern = re.compile(value if "~" in operator else re.escape(value))
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from None
        return cls(text.strip(), label, operator.startswith("!"), pattern)

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether a series with these labels is meant; an absent label counts as empty."""
        return (self.pattern.fullmatch(labels.get(self.label, "")) is not None) != self.negated


@dataclass(frozen=True)
class Bounds:
    """What one series is judged against; see Resource."""

    limit: float
    threshold: float
    anomaly_threshold: float
    min_deviation: float


@dataclass(frozen=True)
class Override:
    """Other bounds for the series that all matchers select; None leaves a bound as it is."""

    matchers: tuple[Matcher, ...]
    limit: float | None = None
    threshold: float | None = None
    anomaly_threshold: float | None = None
    min_deviation: float | None = None

    def __post_init__(self) -> None:
        _check_bounds(self)


def _check_bounds(given: Override | Resource) -> None:
    """ValueError where a bound that is given cannot be one."""
    if given.threshold is not None and not 0 < given.threshold <= 1:
        raise ValueError("threshold is a probability: more than 0 and at most 1")
    if given.anomaly_threshold is not None and not 0 < given.anomaly_threshold < math.inf:
        raise ValueError("anomaly_threshold must be positive")
    if given.min_deviation is not None and not 0 <= given.min_deviation < math.inf:
        raise ValueError("min_deviation must not be negative")


BOUNDS = ("limit", "threshold", "anomaly_threshold", "min_deviation")
SHORT = tuple(map(horizon, ("15m", "1h", "24h")))
LONG = (*SHORT, *map(horizon, ("7d", "30d")))


@dataclass(frozen=True)
class Resource:
    """One family of series: what to ask, what counts as exhausted and as anomalous, how far to look.

    `limit_query` gives limits per series: a result applies to the series that have all of its labels.
    `limit_side` says from where a limit is reached: an `upper` one by values that rise to it, a `lower` one
    by values that fall to it, such as free space.
    `threshold` is the exhaustion probability from which alerts tell. `anomaly_threshold` is the
    sensitivity of the anomaly score, whose mark stays 1: by seeded series about 0.7 false alarms per series
    and week at 0.85, 0.4 at 1, 0.22 at 1.15, 0.15 at 1.3. `min_deviation` is how far a value must be from
    the expected one, in its own unit, for an anomaly to begin: from 0.1 % to 0.4 % CPU is a statistical event
    and nobody's problem. `follow` names labels that may change while the series stays the same: a VM that
    migrates keeps its history.
    """

    name: str
    query: str
    limit: float = 0.9  # infinite: none
    limit_query: str | None = None
    limit_side: Literal["upper", "lower"] = "upper"
    threshold: float = 0.5
    anomaly_threshold: float = 1.0
    min_deviation: float = 0.0
    horizons: tuple[Horizon, ...] = SHORT
    overrides: tuple[Override, ...] = ()
    follow: tuple[str, ...] = ()
    max_series: int = 20_000

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-zA-Z_]\w*", self.name, re.ASCII):
            raise ValueError(f'"{self.name}" is no name of a resource: letters, digits and _ only')
        if not self.query.strip():
            raise ValueError("query is empty")
        if self.max_series < 1:
            raise ValueError("max_series must be at least 1")
        if not all(re.fullmatch(r"[a-zA-Z_]\w*", label, re.ASCII) for label in self.follow):
            raise ValueError("follow lists names of labels")
        ahead = [each.seconds for each in self.horizons]
        if not ahead or ahead != sorted(set(ahead)):
            raise ValueError("horizons must ascend, and there must be one")
        _check_bounds(self)

    @property
    def falls(self) -> bool:
        """Whether values fall to the limit."""
        return self.limit_side == "lower"

    @property
    def shares(self) -> bool:
        """Whether values are shares of one, by the conventions for names (…:ratio, …_ratio) and the limit."""
        named = re.search(r"[:_]ratio\b", self.query) is not None
        return named and (self.limit <= 1 or math.isinf(self.limit))

    def bounds(self, labels: Labels) -> tuple[Bounds, bool]:
        """One series' bounds, from the first override that matches and the resource; whether its limit is
        overridden.
        """
        named = dict(labels)
        own = {name: getattr(self, name) for name in BOUNDS}
        for override in self.overrides:
            if all(matcher.matches(named) for matcher in override.matchers):
                other = {
                    name: getattr(override, name) for name in BOUNDS if getattr(override, name) is not None
                }
                return Bounds(**(own | other)), override.limit is not None
        return Bounds(**own), False


# Utilisation ratios of the normalised layer. Limits, and why:
# - CPU 0.9: above it run queues grow and neighbours see steal; the usual mark of "high CPU" alerts.
# - VM memory 0.95: page cache counts as free here, so beyond it the guest swaps or kills.
# - host memory 0.9: QEMU's overhead needs the rest; beyond it the host's OOM killer picks a VM.
# - storage pools 0.9: a full one pauses every guest that writes to it, so there must be time to add to it.
# - file systems and disk images 0.95: still some hours to act at usual growth, and writes get slow there
#   already.
def _vm(
    name: str, measure: str, limit: float, least: float, horizons: tuple[Horizon, ...] = SHORT
) -> Resource:
    query = f"vm:{measure}:ratio"
    return Resource(name, query, limit, min_deviation=least, horizons=horizons, follow=("instance",))


DEFAULT_RESOURCES: tuple[Resource, ...] = (
    _vm("vm_cpu", "cpu_utilization", 0.9, 0.1),
    _vm("vm_memory", "memory_utilization", 0.95, 0.05),
    _vm("vm_filesystem", "filesystem_utilization", 0.95, 0.02, LONG),
    _vm("vm_disk_allocation", "disk_allocation", 0.95, 0.02, LONG),
    Resource("host_cpu", "host:cpu_utilization:ratio", limit=0.9, min_deviation=0.1),
    Resource("host_memory", "host:memory_utilization:ratio", limit=0.9, min_deviation=0.05),
    Resource("pool", "pool:utilization:ratio", limit=0.9, min_deviation=0.02, horizons=LONG),
)


@dataclass(frozen=True)
class Shard:
    """One program's part of the series: the `index`-th (1 … `count`) of `count` forecasters."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """K/N, K from 1 to N."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f"{text!r} is no shard: write K/N with K from 1 to N, such as 1/3, 2/3, 3/3")
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True)
class Config:
    """Everything the forecaster needs to know; times in seconds.

    `settle` is how long after a grid instant the backend is asked about it, so that scrapes and rules are in.
    Without a sample for `stale_after` a series is stale (nothing is published for it), for `gone_after` it is
    gone, and `forget_after` later its state vanishes too.
    """

    backend: Backend = field(default_factory=Backend)
    step: int = 300
    day: int = DAY
    lookback: int = 28 * DAY
    settle: int = 15
    stale_after: int = 900
    gone_after: int = DAY
    forget_after: int = DAY
    resources: tuple[Resource, ...] = DEFAULT_RESOURCES
    shard: Shard = field(default_factory=Shard)

    @property
    def fresh_for(self) -> int:
        """The age up to which a forecast is served."""
        return self.stale_after + self.step

    @classmethod
    def of(cls, backend: Backend, resources: tuple[Resource, ...], **times: int) -> Config:
        """What is not given in `times` follows from the step and the day."""
        step, day = times.get("step", cls.step), times.get("day", cls.day)
        usual: dict[str, Any] = {
            "lookback": 28 * day,  # the slowest memories of the engine reach two weeks back, its lags three
            "settle": min(15, step // 4),
            "stale_after": 3 * step,
            "gone_after": day,
            "forget_after": day,
        }
        return cls(backend=backend, resources=resources, **(usual | times))

    def __post_init__(self) -> None:
        if self.settle >= self.step:
            raise ValueError("settle must be shorter than step")
        if self.day < 2 * self.step:
            raise ValueError("day must be at least two steps")
        if self.lookback < self.step:
            raise ValueError("lookback must be at least a step")
        if not self.step <= self.stale_after <= self.gone_after:
            raise ValueError("stale_after must be at least a step, and gone_after at least stale_after")
        if not self.resources:
            raise ValueError("every resource is disabled: there is nothing to forecast")
        for resource in self.resources:
            nearest = resource.horizons[0]
            if nearest.seconds < self.step:
                raise ValueError(f"the horizon {nearest.label} of {resource.name} is shorter than a step")
