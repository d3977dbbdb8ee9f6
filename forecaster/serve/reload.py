"""A new configuration while running: what has been learned stays wherever it is still good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.config.model import Config
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client

# What decides what is read and learned; the rest (limits, thresholds, overrides) only judges it.
OF_CONFIG = ("step", "day", "shard")
OF_BACKEND = ("url", "headers", "params")  # which data, whose tenant
OF_RESOURCE = ("name", "query", "horizons", "limit_side", "follow")


def reloaded(watches: Iterable[Watch], config: Config, client: Client) -> list[Watch]:
    """A watch for every resource of the new configuration: the one there is, with its new bounds, where it
    reads and learns the same; else a fresh one, which starts from history.
    """
    known = {watch.resource.name: watch for watch in watches}
    found = []
    for resource in config.resources:
        watch = known.get(resource.name)
        if watch is None or not _learns_the_same(watch, resource, config):
            watch = Watch(resource, config, client)
        else:
            watch.judge_by(resource, config, client)
        found.append(watch)
    return found


def _learns_the_same(watch: Watch, resource: Resource, config: Config) -> bool:
    return (
        all(getattr(watch.config, name) == getattr(config, name) for name in OF_CONFIG)
        and all(getattr(watch.resource, name) == getattr(resource, name) for name in OF_RESOURCE)
        and all(getattr(watch.config.backend, name) == getattr(config.backend, name) for name in OF_BACKEND)
    )
