"""The forecaster's configuration: frozen and resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from forecaster.config.prices import Prices
from forecaster.config.resource import STALE_STEPS
from forecaster.config.resources import RESOURCES

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.config.resource import Resource

DAY = 86_400


@dataclass(frozen=True)
class Backend:
    """What speaks PromQL. Secrets come from files only; a file is read again for each request."""

    url: str = "http://127.0.0.1:9090"
    timeout: int = 30  # seconds for one request, answer included
    retries: int = 3
    max_response_bytes: int = 256 << 20
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    params: tuple[tuple[str, tuple[str, ...]], ...] = ()  # added to every query
    proxy_url: str | None = None
    username: str | None = None
    password_file: Path | None = None
    credentials_type: str = "Bearer"
    credentials_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    insecure_skip_verify: bool = False
    remote_write_url: str | None = None  # takes the scores of the fast lane


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
    gone, and `forget_after` later its state vanishes too. `shared_storage` are names of storage pools, and
    folders (they begin with a slash), that all hosts of a cluster have alike.
    """

    backend: Backend = field(default_factory=Backend)
    step: int = 300
    day: int = DAY
    lookback: int = 28 * DAY
    settle: int = 15
    stale_after: int = 900
    gone_after: int = DAY
    forget_after: int = DAY
    resources: tuple[Resource, ...] = RESOURCES
    shard: Shard = field(default_factory=Shard)
    prices: Prices = field(default_factory=Prices)
    shared_storage: tuple[str, ...] = ()
    replica: str = ""  # tells forecasters apart that forecast the same series; "" = there is one

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
            "stale_after": STALE_STEPS * step,
            "gone_after": day,
            "forget_after": day,
        }
        return cls(backend=backend, resources=resources, **(usual | times))

    def for_resource(self, resource: Resource) -> Config:
        """The configuration with the resource's own step, where it has one, and what follows from it."""
        step = resource.step or self.step
        if step == self.step:
            return self
        stale_after = STALE_STEPS * step
        gone_after = max(self.gone_after, stale_after)
        return replace(
            self,
            step=step,
            settle=min(self.settle, step // 4),
            stale_after=stale_after,
            gone_after=gone_after,
            resources=(resource,),
        )

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
            step = resource.step or self.step
            if nearest.seconds < step:
                raise ValueError(f"the horizon {nearest.label} of {resource.name} is shorter than a step")
            if resource.fast > step:
                raise ValueError(f"fast of {resource.name} is longer than its step: nothing is between steps")
            if self.day < 2 * step or self.lookback < step:
                raise ValueError(f"the step of {resource.name} is too long: a day must be at least two steps")
